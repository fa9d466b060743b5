"""What a worker found wrong with a video while it read it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.runtime.rows import Row

__all__ = ["VideoDamageRow"]


@dataclass(frozen=True)
class VideoDamageRow(Row):
    """A damaged video, and what is wrong with it in words."""

    TABLE = "video_damage"

    video_id: str
    damage: str
