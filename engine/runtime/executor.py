"""What an executor must offer. `local.py` is one; a cluster's would be another, over the same parts and shards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path
    from queue import Queue

    from engine.runtime.messages import Message

__all__ = ["Ended", "Executor", "PartEvent", "RunningPart"]


@dataclass(frozen=True)
class Ended:
    """A part's process is gone. `reason` is a phrase for a person; empty when it ended by itself."""

    reason: str = ""


@dataclass(frozen=True)
class PartEvent:
    """Something that the part in `folder` said, or that it ended."""

    folder: Path
    event: Message | Ended


class RunningPart(Protocol):
    """A part that was started."""

    folder: Path

    def cancel(self) -> None:
        """Ask it to stop soon, keeping what is finished."""

    def kill(self) -> None:
        """Stop it now."""


class Executor(Protocol):
    """Starts parts. A part's folder holds `spec.json`; its shards appear in `shards/`, its log in `log.txt`."""

    def start(self, folder: Path, events: Queue[PartEvent]) -> RunningPart:
        """Start the part in `folder`; all that it says comes through `events`, an `Ended` last."""
        ...
