"""One part of the job under way: the worker that does it, the items in hand, and when it was last heard."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.runtime.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.runtime.executor import RunningPart
    from engine.runtime.messages import Progress
    from engine.runtime.spec import Item, ItemPayload, JobSpec
    from engine.settings.jobs import RuntimeSettings

__all__ = ["InHand", "Part"]


@dataclass(kw_only=True)
class InHand:
    """An item that the worker has begun and that has no outcome yet."""

    progressed_s: float
    fraction: float = 0.0
    note: str = ""
    stage: Stage | None = None
    is_done: bool = False
    """Its results wait to be written."""


@dataclass(kw_only=True)
class Part:
    """One part: its folder, its process, and where it stands."""

    spec: JobSpec
    folder: Path
    running: RunningPart
    heard_s: float
    number: int = 0
    """Which of the job's parts it is, from 0; a restarted one keeps its number."""
    in_hand: dict[str, InHand] = field(default_factory=dict)
    queued: str = ""
    """What the part waits for, before its worker starts; empty once it has one."""
    preparing: str = ""
    """What the worker says of its preparations, before the first item."""
    rss_bytes: int = 0
    finished: bool = False
    ended: bool = False
    fatal: str = ""
    killed_for: str = ""
    stalled: tuple[str, ...] = ()
    """At most one item: the one for whose lack of progress the worker is ended."""
    items_at_once: int = 0
    """How many items the worker may do at the same time; 0 leaves that to the step."""
    rest: tuple[Item[ItemPayload], ...] = ()
    """What another worker does once this one has ended: it does suspects, one by one."""
    settled: set[str] = field(default_factory=set)
    """Items in a shard, skipped or failed: what a restart need not do."""

    @property
    def current(self) -> tuple[str, ...]:
        """The items at which the worker is, in the order in which it began them."""
        return tuple(item for item, held in list(self.in_hand.items()) if not held.is_done)

    @property
    def suspects(self) -> tuple[str, ...]:
        """The items of which one may have ended the worker: the one without progress, else those that it is at, else
        the last one that is done and not written yet."""
        return self.stalled or self.current or tuple(self.in_hand)[-1:]

    def begin(self, item: str) -> None:
        """Take an item in hand, at the moment the part was last heard."""
        self.in_hand[item], self.preparing = InHand(progressed_s=self.heard_s), ""

    def progress(self, event: Progress) -> None:
        """Take in how far an item in hand is."""
        held = self.in_hand.get(event.item)
        if held is None:
            self.preparing = "" if event.item in self.settled else event.note
            return
        # Only a change counts as progress: a worker that repeats the same message runs into the time limit.
        if (event.fraction, event.note) != (held.fraction, held.note):
            held.progressed_s = self.heard_s
        held.fraction, held.note = event.fraction, event.note
        named = bool(event.stage)
        held.stage = Stage(event.stage, event.stage_number, event.stage_count, event.stage_share) if named else None

    def done(self, item: str) -> None:
        """An item's results wait to be written."""
        if (held := self.in_hand.get(item)) is not None:
            held.is_done, held.fraction, held.note, held.stage = True, 1.0, "", None

    def settle(self, items: Iterable[str]) -> None:
        """Note that these items need nothing more."""
        for item in items:
            self.settled.add(item)
            self.in_hand.pop(item, None)
        self.stalled = tuple(item for item in self.stalled if item not in self.settled)

    def overdue(self, now_s: float, limits: RuntimeSettings) -> str:
        """Which time limit the part has passed, as a phrase; empty where it has passed none, or waits for its place."""
        if self.queued:
            return ""
        slowest = min(self.current, key=lambda item: self.in_hand[item].progressed_s, default=None)
        if slowest is not None and now_s - self.in_hand[slowest].progressed_s > limits.stall_timeout_s:
            self.stalled = (slowest,)
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
