"""A recording whose sound begins before its pictures, each of which tells its time by how bright it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np

from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LATE_S", "brightness_at", "write_late_video"]

LATE_S = 2.0
"""When a player shows the first picture."""
FPS = 30
SIZE = (160, 120)


def brightness_at(t_s: float) -> float:
    """How bright the picture of a moment is, from 0 to 255; the moment counts from the first picture."""
    return (_luma(t_s) - 16) * 255 / 219


def _luma(t_s: float) -> float:
    return 20 + 25 * t_s


def write_late_video(path: Path, seconds: float = 8.0, *, late_s: float = LATE_S, sound: bool = True) -> None:
    """Write it; without sound, nothing is there before the first picture."""
    write_video(path, pictures(seconds), fps=FPS, start_s=late_s, audio=sound, times_s=times(seconds), b_frames=0)


def times(seconds: float) -> list[float]:
    """When the pictures are shown, from the first."""
    return [number / FPS for number in range(round(seconds * FPS))]


def pictures(seconds: float) -> Iterator[av.VideoFrame]:
    """Grey pictures that grow brighter."""
    width, height = SIZE
    for t_s in times(seconds):
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = round(_luma(t_s))
        yield av.VideoFrame.from_ndarray(planes, "yuv420p")
