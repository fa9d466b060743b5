"""Kind `clips`: clips of videos that are here already, a video an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.cutting import MakeClipsSettings, VideoToCutRow
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["PlanClips"]


class PlanClips(Step[MakeClipsSettings, ItemPayload]):
    """A video's windows follow from what the store knows of it, so the app plans them as it takes the item in. Being a
    job gives them progress, a cancel between videos, and a place for what was left out."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Name the video in the table `to_cut`."""
        context.output.add(VideoToCutRow, [VideoToCutRow(item.key)])
