"""What every step that reads a video says of what it met in it: damage, and pictures that change their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.damage import VideoDamageRow
from engine.video.types import PICTURES_CHANGE_SIZE

if TYPE_CHECKING:
    from engine.runtime.step import StepContext
    from engine.video.types import ReadStats

__all__ = ["note_damage"]


def note_damage(context: StepContext, video_id: str, stats: ReadStats) -> None:
    """Put what is wrong with a video into the shard, and warn of it; nothing where all of it could be shown."""
    damage = stats.damage()
    if damage:
        context.output.add(VideoDamageRow, [VideoDamageRow(video_id, f"damaged: {damage}")])
        context.warn(f"{video_id} is damaged: {damage}.")
    if stats.size_change is not None:
        context.warn(f"{video_id}: {PICTURES_CHANGE_SIZE}: {stats.size_change}")
