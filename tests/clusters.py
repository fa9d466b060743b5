"""A real Ray cluster on this machine, on the loopback interface alone: a head without CPUs, and nodes with two each."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LoopbackCluster", "loopback_cluster"]

TRIES = 3
STORE_BYTES = 100_000_000
PORTS = ("metrics_agent_port", "runtime_env_agent_port", "dashboard_agent_listen_port", "metrics_export_port")
"""Given to each node: on a machine with much to do, agents that choose their own were seen not to come up."""


class LoopbackCluster:
    """The cluster, and its nodes as a test adds and ends them."""

    def __init__(self, nodes: int, cpus: int) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **_options()}
        )
        self.nodes = [self.add_node(cpus) for _ in range(nodes)]

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def add_node(self, cpus: int = 2, **resources: Any) -> Any:
        return self._cluster.add_node(wait=True, num_cpus=cpus, **resources, **_options())

    def end_node(self, node: Any) -> None:
        """End a node as the power button would."""
        self._cluster.remove_node(node, allow_graceful=False)
        if node in self.nodes:
            self.nodes.remove(node)

    def end_head(self) -> None:
        """End the head in the same way."""
        self._cluster.head_node.kill_gcs_server(check_alive=False)
        self._cluster.head_node.kill_raylet(check_alive=False)

    def close(self) -> None:
        self._cluster.shutdown()


def _options() -> dict[str, Any]:
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = {name: holder.getsockname()[1] for name, holder in zip(PORTS, holders, strict=True)}
    for holder in holders:
        holder.close()
    return {"node_ip_address": "127.0.0.1", "object_store_memory": STORE_BYTES, **ports}


@contextmanager
def loopback_cluster(nodes: int = 2, cpus: int = 2) -> Iterator[LoopbackCluster]:
    """A cluster for the length of the block. Skips the test, with the reason, where Ray does not come up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Ray's switch for machines that should open no ports to their network; read when Ray loads.
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        patch.setenv("RAY_ADDRESS", "")
        os.environ.pop("RAY_ADDRESS")
        pytest.importorskip("ray", reason="the extra `ray` is not installed")
        cluster, why = None, ""
        for _ in range(TRIES):
            try:
                cluster = LoopbackCluster(nodes, cpus)
                break
            except Exception as error:
                why = f"{type(error).__name__}: {error}"
        if cluster is None:
            pytest.skip(f"Ray did not come up on this machine in {TRIES} tries ({why})")
        try:
            yield cluster
        finally:
            cluster.close()
