"""Cuts a clip out of a video: exactly the frames of the window, in a file that plays anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.video.writer import transcode

if TYPE_CHECKING:
    from pathlib import Path

    from engine.files.place import AnyPlace
    from engine.video.types import CancelCheck, Progress, ReadStats
    from engine.video.windows import Window

__all__ = ["cut"]


def cut(
    path: AnyPlace,
    window: Window,
    out_path: str | Path,
    *,
    max_short_side_px: int | None = None,
    crf: int = 18,
    preset: str = "veryfast",
    progress: Progress | None = None,
    cancelled: CancelCheck | None = None,
    stats: ReadStats | None = None,
) -> int:
    """Writes the frames shown in `[start_s, end_s)` as H.264 yuv420p MP4 with faststart; returns their number.

    Times between frames are kept, and the first frame moves to 0. Rotation is baked in, odd sizes become even, sound is
    left out. The file appears under its name only when complete. `progress` gets a fraction from 0 to 1.

    Raises `VideoError` where a file can't be read or written or no frame lies in the window, and `Cancelled` where
    `cancelled()` is true.
    """
    return transcode(
        path,
        out_path,
        window=window,
        max_short_side_px=max_short_side_px,
        crf=crf,
        preset=preset,
        progress=progress,
        cancelled=cancelled,
        stats=stats,
    )
