"""Makes a preview: a copy in a codec that browsers play, of a source that they don't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.video.writer import transcode

if TYPE_CHECKING:
    from pathlib import Path

    from engine.files.place import AnyPlace
    from engine.video.types import CancelCheck, Progress, ReadStats

__all__ = ["make_preview"]

_CRF = 26


def make_preview(
    path: AnyPlace,
    out_path: str | Path,
    max_short_side_px: int = 540,
    progress: Progress | None = None,
    *,
    cancelled: CancelCheck | None = None,
    stats: ReadStats | None = None,
) -> int:
    """Writes the whole video as silent H.264 MP4 with faststart, small enough to stream; returns the number of frames.

    Time 0 is the first frame shown, as everywhere in Handpicked, so a window's times hold in the preview too.
    Raises `VideoError` where a file can't be read or written, `Cancelled` where `cancelled()` is true.
    """
    return transcode(
        path,
        out_path,
        window=None,
        max_short_side_px=max_short_side_px,
        crf=_CRF,
        preset="veryfast",
        threads=0,  # a whole video is one worker's, and nobody compares the bytes
        progress=progress,
        cancelled=cancelled,
        stats=stats,
    )
