"""Kind `shots`: where the picture changes from one shot to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.shots import ShotPayload, ShotRow, ShotSettings
from engine.runtime.step import Step
from engine.steps.damage import note_damage
from engine.video.shots import find_shots
from engine.video.types import ReadStats

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["FindShots"]


class FindShots(Step[ShotSettings, ShotPayload]):
    """Finds the shots of one video an item."""

    def process(self, item: Item[ShotPayload], context: StepContext) -> None:
        """Make one row a shot; the shots cover the video without gaps."""
        stats = ReadStats()
        shots = find_shots(
            item.payload.path,
            progress=context.progress,
            cancelled=context.is_cancelled,
            stats=stats,
            threads=self.threads,
        )
        note_damage(context, item.key, stats)
        context.output.add(ShotRow, [ShotRow(item.key, shot.start_s, shot.end_s) for shot in shots])
