"""Kind `export`: cut one clip out of its video, as a file that plays anywhere, and say what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.contracts.export import CutPayload, CutSettings, ExportFileRow
from engine.errors import VideoError
from engine.files.digest import sha256_of_file
from engine.runtime.step import Step
from engine.steps.damage import warn_of_size_change
from engine.video.cut import cut
from engine.video.types import ReadStats
from engine.video.windows import Window

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["CutClip"]


class CutClip(Step[CutSettings, CutPayload]):
    """Cuts one clip an item; the app moves the file into the export's folder."""

    def process(self, item: Item[CutPayload], context: StepContext) -> None:
        """Put the file and one row of what it is into the shard. Raises `VideoError`."""
        asked = item.payload
        out = context.output.file(asked.file)
        source = Path(asked.path)
        if not source.is_file():
            reason = "the clip's video is not there any more"
            raise VideoError(source, reason, remedy="`handpicked videos relocate` points Handpicked at its new place.")
        window, stats = Window(asked.start_s, asked.end_s), ReadStats()
        frames = cut(
            source,
            window,
            out,
            max_short_side_px=self.settings.max_short_side_px,
            crf=self.settings.crf,
            progress=context.progress,
            cancelled=context.is_cancelled,
            stats=stats,
        )
        if stats.damaged_within(window) or stats.decode_errors:
            context.warn(f"{asked.file}: its source is damaged: {stats.damage()}.")
        warn_of_size_change(context, asked.file, stats)
        row = ExportFileRow(
            clip_id=asked.clip_id,
            file=asked.file,
            sha256=sha256_of_file(out),
            size_bytes=out.stat().st_size,
            frames=frames,
        )
        context.output.add(ExportFileRow, [row])
