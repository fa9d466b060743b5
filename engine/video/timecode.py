"""SMPTE timecode (ST 12-1): what a camera wrote as the time of its first frame, and how frames are counted in it.

Cameras such as GoPro's write it as a track of its own (`tmcd`); video editors find a frame by it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.files.place import place_of
from engine.video.windows import TIME_TOLERANCE_S, Window

if TYPE_CHECKING:
    from engine.files.place import AnyPlace

__all__ = ["Counting", "SourceTiming", "Timecode", "read_timing", "standard_rate"]

_WHOLE_RATES = (24, 25, 30, 48, 50, 60, 100, 120, 240)
_STANDARD_RATES = (
    *(Fraction(rate) for rate in _WHOLE_RATES),
    *(Fraction(rate * 1000, 1001) for rate in _WHOLE_RATES if rate % 25),  # NTSC: 23.976, 29.97, 59.94, …
)
_RATE_SLACK = 2e-4
"""A measured rate this close to a standard one is that rate: 29.97 and 30 lie five times as far apart."""
_LABEL = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")


def standard_rate(rate_hz: float) -> Fraction:
    """The standard rate that a measured one is, such as 30000/1001 for 29.970; else a simple fraction near it."""
    nearest = min(_STANDARD_RATES, key=lambda rate: abs(float(rate) - rate_hz))
    if abs(float(nearest) - rate_hz) <= _RATE_SLACK * rate_hz:
        return nearest
    whole = round(rate_hz)
    return Fraction(whole) if whole and abs(whole - rate_hz) <= _RATE_SLACK * rate_hz else _simple(rate_hz)


def _simple(rate_hz: float) -> Fraction:
    return max(Fraction(rate_hz).limit_denominator(1001), Fraction(1, 1001))


@dataclass(frozen=True)
class Counting:
    """How frames are numbered: so many a second, and whether numbers are dropped to keep up with the clock."""

    rate: Fraction
    drop_frame: bool = False
    """Only at 29.97 and its multiples: two numbers (four at 59.94) are left out each minute but the tenth."""

    @property
    def nominal(self) -> int:
        """The frame numbers in a second: 30 at 29.97."""
        return max(1, math.ceil(self.rate))

    @property
    def can_drop(self) -> bool:
        """Whether numbers can be dropped at this rate."""
        return self.rate.denominator == 1001 and self.nominal % 30 == 0


@dataclass(frozen=True)
class Timecode:
    """A label `HH:MM:SS:FF`, with `;` before the frames where it counts in drop-frame."""

    seconds: int
    frames: int
    drop_frame: bool

    @classmethod
    def parse(cls, text: str) -> Timecode | None:
        """The label that a file states; None for anything else."""
        found = _LABEL.fullmatch(text.strip())
        if found is None:
            return None
        hours, minutes, seconds, frames = (int(found[place]) for place in (1, 2, 3, 5))
        if hours > 23 or minutes > 59 or seconds > 59:
            return None
        return cls(hours * 3600 + minutes * 60 + seconds, frames, found[4] in ";,")

    def frame(self, counting: Counting) -> int:
        """The number of frames from 00:00:00:00 to this label, counted so."""
        number = self.seconds * counting.nominal + min(self.frames, counting.nominal - 1)
        if not (counting.drop_frame and counting.can_drop):
            return number
        minutes = self.seconds // 60
        return number - counting.nominal // 15 * (minutes - minutes // 10)


@dataclass(frozen=True, kw_only=True)
class SourceTiming:
    """How the frames of a video are counted."""

    counting: Counting
    timecode: Timecode | None
    """Of the first frame; None where the file has none, which editors take as 00:00:00:00."""
    frames: int
    """How many frames the video has; estimated from its length where the file has no count."""
    is_variable: bool
    """Whether its frame rate varies: then its frames are counted at the average rate."""

    @property
    def start_frame(self) -> int:
        """The number of its first frame."""
        return self.timecode.frame(self.counting) if self.timecode else 0

    def frames_of(self, window: Window) -> tuple[int, int]:
        """`(first, count)` of the frames shown in a window, from 0 for the video's first; at least one frame."""
        rate = self.counting.rate
        first, end = (max(0, math.ceil((t_s - TIME_TOLERANCE_S) * rate)) for t_s in (window.start_s, window.end_s))
        return first, max(1, end - first)


def read_timing(path: AnyPlace) -> SourceTiming:
    """The rate, length and start timecode of a video file. Raises `VideoError`."""
    from engine.video.container import open_container, video_stream
    from engine.video.probe import probe

    place = place_of(path)
    info = probe(place)
    rate = standard_rate(info.fps)
    with open_container(place) as container:
        streams = (video_stream(place, container), *container.streams.data)
        stated = [stream.metadata.get("timecode", "") for stream in streams] + [container.metadata.get("timecode", "")]
    found = [timecode for text in stated if (timecode := Timecode.parse(text)) is not None]
    return SourceTiming(
        counting=Counting(rate, bool(found) and found[0].drop_frame and Counting(rate).can_drop),
        timecode=found[0] if found else None,
        frames=info.frame_count or max(1, round(info.duration_s * rate)),
        is_variable=bool(info.variable_frame_rate),
    )
