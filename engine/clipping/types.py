"""Types of a clip plan. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ClipPlan", "LeftOut", "Method", "Origin", "PlannedClip"]

Method = Literal["annotations", "stride", "shots", "activity", "whole"]
"""How a video is cut into clips."""

Origin = Literal["annotations", "stride", "shots", "activity", "whole", "manual"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedClip:
    """A half-open window `[start_s, end_s)` of one video, in whole milliseconds. `row` is its annotation's."""

    start_s: float
    end_s: float
    origin: Origin
    narration: str = ""
    verb: str = ""
    noun: str = ""
    row: int | None = None

    @property
    def duration_s(self) -> float:
        return round(self.end_s - self.start_s, 3)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A window that makes no clip; `reason` completes "left out: ..." and is the same for windows of one kind."""

    start_s: float
    end_s: float
    reason: str
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlan:
    """The clips that one video would give, by start; what was left out; and how many windows were changed to fit."""

    clips: tuple[PlannedClip, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    extended_count: int = 0
    trimmed_count: int = 0
    split_count: int = 0

    @property
    def total_s(self) -> float:
        return round(sum(clip.end_s - clip.start_s for clip in self.clips), 3)
