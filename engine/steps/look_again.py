"""Kind `look_again`: what the files of videos say that an earlier version imported, read as this version reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.files import LookAgainPayload, LookAgainRow
from engine.runtime.spec import StepSettings
from engine.runtime.step import Step
from engine.steps.file_facts import file_facts
from engine.video.probe import probe

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["LookAgain"]


class LookAgain(Step[StepSettings, LookAgainPayload]):
    """Looks at the file of one video an item."""

    def process(self, item: Item[LookAgainPayload], context: StepContext) -> None:
        """Make one row. Raises `VideoError` for a file that can't be read any more."""
        info = probe(item.payload.path)
        late = abs(info.start_s) > 0.5 / max(1.0, item.payload.fps)
        if item.payload.played and late:
            context.warn(
                f"{item.key}: a player shows the first picture at {info.start_s:.3f} s. Before this version it played "
                f"each clip that much too early: marks and labels made on it by then were about other pictures."
            )
        if info.damage:
            context.warn(f"{item.key}: {info.damage}.")
        row = LookAgainRow(video_id=item.payload.video_id, **vars(file_facts(info)))
        context.output.add(LookAgainRow, [row])
