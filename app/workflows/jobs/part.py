"""One part of the job under way: the worker that does it, the item in hand, and when it was last heard."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.runtime.stages import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from engine.runtime.executor import RunningPart
    from engine.runtime.messages import Progress
    from engine.runtime.spec import JobSpec
    from engine.settings.jobs import RuntimeSettings

__all__ = ["Part"]


@dataclass(kw_only=True)
class Part:
    """One part: its folder, its process, and where it stands."""

    spec: JobSpec
    folder: Path
    running: RunningPart
    heard_s: float
    progressed_s: float
    current: str | None = None
    fraction: float = 0.0
    note: str = ""
    stage: Stage | None = None
    rss_bytes: int = 0
    finished: bool = False
    ended: bool = False
    fatal: str = ""
    killed_for: str = ""
    settled: set[str] = field(default_factory=set)
    """Items in a shard, skipped or failed: what a restart need not do."""

    def begin(self, item: str) -> None:
        """Take an item in hand, at the moment the part was last heard."""
        self.current, self.fraction, self.note, self.stage = item, 0.0, "", None
        self.progressed_s = self.heard_s

    def progress(self, event: Progress) -> None:
        """Take in how far the item in hand is."""
        # Only a change counts as progress: a worker that repeats the same message runs into the time limit.
        if (event.fraction, event.note) != (self.fraction, self.note):
            self.progressed_s = self.heard_s
        self.fraction, self.note = event.fraction, event.note
        named = bool(event.stage)
        self.stage = Stage(event.stage, event.stage_number, event.stage_count, event.stage_share) if named else None

    def overdue(self, now_s: float, limits: RuntimeSettings) -> str:
        """Which time limit the part has passed, as a phrase; empty where it has passed none."""
        if self.current and now_s - self.progressed_s > limits.stall_timeout_s:
            return f"no progress for {limits.stall_timeout_s:g} s (`stall_timeout_s` in jobs.yaml)"
        if now_s - self.heard_s > limits.heartbeat_timeout_s:
            return f"no sign of life for {limits.heartbeat_timeout_s:g} s"
        return ""

    def log_tail(self, size_bytes: int = 400) -> str:
        """The last line of its log."""
        with contextlib.suppress(OSError), (self.folder / "log.txt").open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - size_bytes))
            return log.read().decode(errors="replace").strip().rpartition("\n")[2]
        return ""
