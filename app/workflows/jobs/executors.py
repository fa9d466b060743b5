"""Which executor does a job: worker processes on this machine, or a Ray cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cluster.executor import RayExecutor
from engine.runtime.local import LocalExecutor

if TYPE_CHECKING:
    from engine.runtime.executor import Executor
    from engine.settings.jobs import ExecutorSettings

__all__ = ["executor_of"]


def executor_of(settings: ExecutorSettings) -> Executor:
    """The executor that the settings name, for one job."""
    return RayExecutor(settings) if settings.kind == "ray" else LocalExecutor()
