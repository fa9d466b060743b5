"""Kind `previews`: an H.264 copy of a video that a browser can't play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.pictures import MediaJobSettings, MediaRow, PreviewPayload
from engine.runtime.step import Step
from engine.steps.damage import note_damage
from engine.video.preview import make_preview
from engine.video.types import ReadStats

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["MakePreview"]


class MakePreview(Step[MediaJobSettings, PreviewPayload]):
    """Makes the preview of one video an item."""

    def process(self, item: Item[PreviewPayload], context: StepContext) -> None:
        """Put the copy and its row into the shard."""
        name = f"videos/{item.payload.video_id}.mp4"
        stats = ReadStats()
        make_preview(
            item.payload.path,
            context.output.file(name),
            max_short_side_px=self.settings.preview_short_side_px,
            progress=context.progress,
            stats=stats,
        )
        note_damage(context, item.payload.video_id, stats)
        context.output.add(MediaRow, [MediaRow(item.payload.video_id, "preview", name)])
