"""What an executor must offer. `local.py` is one, `engine/cluster` another, over the same parts and shards."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from queue import Queue

    from pydantic import JsonValue

    from engine.runtime.machine import WorkerPlan
    from engine.runtime.messages import Message

__all__ = ["Ended", "Executor", "JobAhead", "PartEvent", "RunningPart"]


@dataclass(frozen=True)
class JobAhead:
    """What an executor must know of a job before its parts start."""

    folder: Path
    """The job's own folder; what is common to all parts may be logged there."""
    step: str
    """`module:class` of the step that does its items."""
    settings: dict[str, JsonValue]
    files: tuple[str, ...] = ()
    """Some of the files that its workers read: what to look for where they will run."""


@dataclass(frozen=True)
class Ended:
    """A part's process is gone. `reason` is a phrase for a person; empty when it ended by itself."""

    reason: str = ""
    machine_lost: bool = False
    """Whether the whole machine went: that does not say that its workers can't start."""


@dataclass(frozen=True)
class PartEvent:
    """Something that the part in `folder` said, or that it ended."""

    folder: Path
    event: Message | Ended
    said_s: float = field(default_factory=time.monotonic, compare=False)
    """When it was heard. Time limits count from then, however long it waits to be handled."""


class RunningPart(Protocol):
    """A part that was started."""

    folder: Path

    def cancel(self) -> None:
        """Ask it to stop soon, keeping what is finished."""

    def kill(self) -> None:
        """Stop it now."""


class Executor(Protocol):
    """Starts the parts of one job. A part's folder holds `spec.json`; its shards appear in `shards/`, its log in
    `log.txt`."""

    def ready(self, job: JobAhead, plan: WorkerPlan, cancelled: Callable[[], bool]) -> WorkerPlan:
        """Get ready, before anything starts; returns into how many parts the job is to be split, and why. `plan` is
        what this machine would do. Raises `JobError` where nothing can run, `Cancelled`."""
        ...

    def start(self, folder: Path, events: Queue[PartEvent]) -> RunningPart:
        """Start the part in `folder`; all that it says comes through `events`, an `Ended` last."""
        ...

    def close(self) -> None:
        """Let go of everything, when the job has ended. Parts that still run are ended."""
