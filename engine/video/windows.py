"""Time windows of a video, and operations on them.

A window is half-open, `[start_s, end_s)`, in presentation seconds counted from the first frame that the video shows.
This module imports nothing heavy, so that pages and the store can use it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LATEST_END_S", "TIME_TOLERANCE_S", "Window", "total_s", "union"]

LATEST_END_S = 1_000_000.0
"""The latest time that is accepted as seconds, about eleven days: a larger number is a frame count or milliseconds.

The longest plausible video is another limit: `LONGEST_VIDEO_S` in types.py.
"""

TIME_TOLERANCE_S = 1e-6
"""Two times closer than this are the same time: annotation files round, and 0.1 + 0.2 is not 0.3."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open stretch `[start_s, end_s)` of a video, in presentation seconds.

    Wherever the times come from, they are checked here. Raises `ValueError` where they make no window.
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)):
            raise ValueError(f"a window needs finite times, got {self.start_s} to {self.end_s}")
        if self.start_s < 0:
            raise ValueError(f"a window can't start before the video does, got start_s = {self.start_s}")
        if self.end_s <= self.start_s:
            raise ValueError(f"a window must end after it starts, got {self.start_s} to {self.end_s}")
        if self.end_s > LATEST_END_S:
            raise ValueError(f"a window of {self.start_s:g} to {self.end_s:g} s lies in no recording")

    @property
    def duration_s(self) -> float:
        """The length of the window."""
        return self.end_s - self.start_s

    def contains(self, t_s: float) -> bool:
        """Whether a frame shown at `t_s` belongs to the window, within `TIME_TOLERANCE_S`."""
        return self.start_s <= t_s + TIME_TOLERANCE_S < self.end_s

    def check_inside(self, duration_s: float, *, slack_s: float = 0.0) -> None:
        """Raise `ValueError` unless the window lies in a video of this length, within `slack_s`."""
        if self.start_s >= duration_s or self.end_s > duration_s + slack_s:
            lies = f"{self.start_s:g} to {self.end_s:g} s do not lie in the video"
            raise ValueError(f"{lies}, which has {duration_s:g} s")


def union(windows: Iterable[Window]) -> list[Window]:
    """The same time as disjoint windows in order; windows that overlap or touch become one."""
    merged: list[Window] = []
    for window in sorted(windows):
        if merged and window.start_s <= merged[-1].end_s:
            last = merged[-1]
            merged[-1] = Window(last.start_s, max(last.end_s, window.end_s))
        else:
            merged.append(window)
    return merged


def total_s(windows: Iterable[Window]) -> float:
    """The time that the windows cover, counting overlaps once."""
    return math.fsum(window.duration_s for window in union(windows))
