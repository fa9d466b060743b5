"""Live progress of a running job (stage, rate, time left, current items), known only to the process that runs it."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workflows.jobs.time_left import TimeLeft

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.workflows.jobs.part import Part
    from app.workflows.jobs.time_left import TimeRange
    from engine.runtime.stages import Stage

__all__ = ["LiveProgress", "ProgressWatch", "RateMeter"]


@dataclass(frozen=True, kw_only=True)
class LiveProgress:
    """Live progress of a running job."""

    fraction: float
    """Share of the work done, current items counted in part."""
    stage: Stage | None
    """What the one item in hand is at; None for items without stages, and where several are in hand."""
    elapsed_s: float
    """Since the job began to run, this time."""
    rate_per_s: float | None
    """Items per second over about the last minute."""
    left: TimeRange | None
    """How long the job will still take, or its stage where others follow; None while there is no telling."""
    current: tuple[str, ...]
    note: str
    rss_bytes: int

    @property
    def left_of_stage(self) -> bool:
        """Whether `left` is the time of the stage alone: how long those after it take is not known."""
        return self.stage is not None and not self.stage.is_last


class RateMeter:
    """Measures items per second over about the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=120)

    def rate(self, amount: float) -> float | None:
        """The rate, now that `amount` is done; None until it is known."""
        now = time.monotonic()
        if not self._seen or now - self._seen[-1][0] >= 0.5:
            self._seen.append((now, amount))
        then, before = self._seen[0]
        return (amount - before) / (now - then) if now - then >= 1.0 and amount > before else None


class ProgressWatch:
    """Follows one run of a job, whether or not a page looks: what is done, the rate, and the time left."""

    def __init__(self, costs: Mapping[str, float]) -> None:
        self._costs = costs
        self._whole = sum(costs.values())
        self._settled: set[str] = set()
        self._settled_cost = 0.0
        self._began_s = time.monotonic()
        self._meter = RateMeter()
        self._left = TimeLeft()
        self._stage = ""
        self._rate_per_s: float | None = None

    def settle(self, items: Iterable[str]) -> None:
        """Note that these items need nothing more."""
        for item in items:
            if item in self._costs and item not in self._settled:
                self._settled.add(item)
                self._settled_cost += self._costs[item]

    def look(self, parts: list[Part]) -> None:
        """Take in how far the parts at work are; called several times a second."""
        amount, share = self._amount(parts)
        stage = self._stage_of(parts)
        name = "" if stage is None else stage.name
        if name != self._stage:
            self._stage, self._left = name, TimeLeft()
        self._rate_per_s = self._meter.rate(amount)
        self._left.saw(time.monotonic(), share if stage is None else stage.share)

    def live(self, parts: list[Part]) -> LiveProgress:
        """What pages show."""
        return LiveProgress(
            fraction=self._amount(parts)[1],
            stage=self._stage_of(parts),
            elapsed_s=time.monotonic() - self._began_s,
            rate_per_s=self._rate_per_s,
            left=self._left.left(),
            current=tuple(item for part in parts for item in part.current),
            note="; ".join([*_queue_notes(parts), *(note for part in parts for note in _notes(part))]),
            rss_bytes=sum(part.rss_bytes for part in parts),
        )

    def _amount(self, parts: list[Part]) -> tuple[float, float]:
        """How many items are done, those in hand in part, and which share of the job's whole cost that is."""
        in_hand = {item: held.fraction for part in parts for item, held in list(part.in_hand.items())}
        cost = self._settled_cost + sum(self._costs.get(item, 0.0) * done for item, done in in_hand.items())
        return len(self._settled) + sum(in_hand.values()), min(1.0, cost / self._whole) if self._whole else 1.0

    def _stage_of(self, parts: list[Part]) -> Stage | None:
        """The stage of a job of one item; where there are several, their number says more."""
        stages = [held.stage for part in parts for held in list(part.in_hand.values()) if held.stage]
        return stages[0] if len(stages) == 1 and len(self._costs) == 1 else None


def _queue_notes(parts: list[Part]) -> list[str]:
    """How many parts wait, and for what; nothing while others are at work."""
    waiting = Counter(part.queued for part in parts if part.queued)
    if sum(waiting.values()) < len(parts):
        return []
    return [f"{count} part{'s wait' if count > 1 else ' waits'} for {what}" for what, count in waiting.items()]


def _notes(part: Part) -> list[str]:
    """What a worker says of its preparations, or of the items in hand."""
    return [note for note in [part.preparing, *(held.note for held in list(part.in_hand.values()))] if note]
