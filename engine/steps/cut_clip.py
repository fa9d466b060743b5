"""Kind `export`: cut one clip out of its video, as a file that plays anywhere, and say what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import VideoError
from engine.files.digest import sha256_of_file
from engine.files.replace_whole import remove_leftovers
from engine.runtime.step import Step
from engine.steps.damage import warn_of_size_change
from engine.video.cut import cut
from engine.video.types import ReadStats
from engine.video.windows import Window

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["CutClip"]


class CutClip(Step):
    """Items: `clip_id`, `path`, `start_s`, `end_s`, `file` (below the folder). Settings: `folder` and how to cut.

    The file appears in the folder only when it is complete, so an item that is done again leaves the same file.
    """

    def process(self, item: Item, context: StepContext) -> None:
        """Write the file and put one row into the table `export_file`. Raises `VideoError`."""
        file = item.payload["file"]
        out = Path(self.settings["folder"]) / file
        out.parent.mkdir(parents=True, exist_ok=True)
        source = Path(item.payload["path"])
        if not source.is_file():
            reason = "the clip's video is not there any more"
            raise VideoError(source, reason, remedy="`handpicked videos relocate` points Handpicked at its new place.")
        remove_leftovers(out)  # of a worker that was killed: this file is this item's alone
        window, stats = Window(item.payload["start_s"], item.payload["end_s"]), ReadStats()
        frames = cut(
            source,
            window,
            out,
            max_short_side_px=self.settings["max_short_side_px"],
            crf=self.settings["crf"],
            progress=context.progress,
            cancelled=context.is_cancelled,
            stats=stats,
        )
        if stats.damaged_within(window) or stats.decode_errors:
            context.warn(f"{file}: its source is damaged: {stats.damage()}.")
        warn_of_size_change(context, file, stats)
        context.output.add_rows(
            "export_file",
            [
                {
                    "clip_id": item.payload["clip_id"],
                    "file": file,
                    "sha256": sha256_of_file(out),
                    "size_bytes": out.stat().st_size,
                    "frames": frames,
                }
            ],
        )
