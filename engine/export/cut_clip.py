"""Cuts one clip for an export and reports what was wrong with its video: the same for a bundle and for every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import VideoError
from engine.files.place import place_of
from engine.video.cut import cut
from engine.video.types import ReadStats

if TYPE_CHECKING:
    from pathlib import Path

    from engine.export.formats.base import ExportContext
    from engine.files.place import AnyPlace
    from engine.video.windows import Window

__all__ = ["cut_clip"]


def cut_clip(
    source: AnyPlace,
    window: Window,
    out: Path,
    context: ExportContext,
    *,
    name: str,
    crf: int,
    max_short_side_px: int | None,
) -> int:
    """Cut `window` of the video `source` into the file `out`; returns the number of frames.

    `name` is what warnings call the clip. Raises `VideoError`, `Cancelled`.
    """
    place, stats = place_of(source), ReadStats()
    if not place.file.is_file():
        reason = "the clip's video is not there any more"
        raise VideoError(place, reason, remedy="`handpicked videos relocate` points Handpicked at its new place.")
    frames = cut(
        place,
        window,
        out,
        max_short_side_px=max_short_side_px,
        crf=crf,
        progress=context.progress,
        cancelled=context.is_cancelled,
        stats=stats,
    )
    if stats.damaged_within(window) or stats.decode_errors:
        context.warn(f"{name}: its source is damaged: {stats.damage()}.")
    if stats.size_change is not None:
        context.warn(f"{name}: its video's pictures change their size: {stats.size_change}")
    return frames
