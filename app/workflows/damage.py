"""Stores the damage that workers found in videos while decoding them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.damage import VideoDamageRow

if TYPE_CHECKING:
    from engine.runtime.shards import ShardFolder
    from storage import Workspace

__all__ = ["take_damage"]


def take_damage(workspace: Workspace, shard: ShardFolder) -> None:
    """Store a shard's reports of damaged videos."""
    for row in shard.read(VideoDamageRow):
        workspace.videos.set_read_damage(row.video_id, row.damage)
