"""Kind `export`: cut one clip out of its video, as a file that plays anywhere, and say what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.export import CutPayload, CutSettings, ExportFileRow
from engine.export.cut_clip import cut_clip
from engine.files.digest import sha256_of_file
from engine.runtime.step import Step
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
        frames = cut_clip(
            asked.path,
            Window(asked.start_s, asked.end_s),
            out,
            context,
            name=asked.file,
            crf=self.settings.crf,
            max_short_side_px=self.settings.max_short_side_px,
        )
        row = ExportFileRow(
            clip_id=asked.clip_id,
            file=asked.file,
            sha256=sha256_of_file(out),
            size_bytes=out.stat().st_size,
            frames=frames,
        )
        context.output.add(ExportFileRow, [row])
