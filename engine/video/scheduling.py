"""Keeps the scheduling of threads that open an encoder."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["same_scheduling"]


@contextmanager
def same_scheduling() -> Iterator[None]:
    """Give this thread its scheduling back after encoding.

    SVT-AV1 asks for the highest real-time priority (SCHED_FIFO, 99) for the thread that opens it, and does not undo
    that. Where the system allows it (as root, so in most containers), the thread and every process that it starts from
    then on run before all others: two of them that are busy stop a machine of two cores.
    """
    if not hasattr(os, "sched_getscheduler"):  # not on macOS, where the encoder doesn't ask either
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != policy:
            os.sched_setscheduler(0, policy, parameters)
