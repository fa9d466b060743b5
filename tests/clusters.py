"""A real Ray cluster on this machine for tests, which are skipped with the reason where Ray does not come up."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from benchmarks import _loopback_cluster
from benchmarks._loopback_cluster import LoopbackCluster, NoClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LoopbackCluster", "loopback_cluster"]


@contextmanager
def loopback_cluster(nodes: int = 2, cpus: int = 2) -> Iterator[LoopbackCluster]:
    """A head without CPUs and some nodes, for the length of the block."""
    made = _loopback_cluster.loopback_cluster(nodes, cpus)
    try:
        cluster = made.__enter__()
    except NoClusterError as error:
        pytest.skip(str(error))
    try:
        yield cluster
    finally:
        made.__exit__(None, None, None)
