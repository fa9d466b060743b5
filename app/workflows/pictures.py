"""Thumbnails, hover-scrub sprites and browser previews: made in the background, kept in the media folder."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from app.workflows.damage import take_damage
from app.workflows.jobs.kinds import FollowUp, JobKind, register
from engine.runtime.spec import Item, JobSpec
from engine.settings.data import DataSettings
from storage.database import filled
from storage.media import NewMedia

if TYPE_CHECKING:
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = ["picture_jobs"]


def picture_jobs(workspace: Workspace) -> list[FollowUp]:
    """The jobs that make what is lacking: pictures of clips and videos, then previews where a browser needs one."""
    media = workspace.settings.load(DataSettings).media.model_dump(mode="json")
    jobs = [
        FollowUp("Make thumbnails", JobSpec("pictures", tuple(picture_items(workspace)), media)),
        FollowUp("Make browser previews", JobSpec("previews", tuple(preview_items(workspace)), media)),
    ]
    return [job for job in jobs if job.spec.items]


def picture_items(workspace: Workspace) -> list[Item]:
    """One item a video: its poster if it has none, and every clip of it that lacks a thumbnail."""
    missing = workspace.clips.without_media("thumbnail")
    clips = {video_id: list(rows) for video_id, rows in groupby(missing, key=lambda clip: clip.video_id)}
    bare = workspace.videos.without_media("poster")
    items = []
    for video in workspace.videos.find(ids={*clips, *bare}):
        windows = [
            {"clip_id": clip.clip_id, "start_s": clip.start_s, "end_s": clip.end_s}
            for clip in clips.get(video.video_id, [])
        ]
        payload = {
            "path": video.path,
            "video_id": video.video_id,
            "poster": video.video_id in bare,
            "duration_s": video.duration_s,
            "clips": windows,
        }
        items.append(Item(video.video_id, payload, cost=max(1.0, video.duration_s)))
    return items


def preview_items(workspace: Workspace) -> list[Item]:
    """One item for each video that a browser can't play and that has no preview yet."""
    lacking = workspace.videos.without_media("preview")
    videos = [video for video in workspace.videos.find(ids=lacking) if not video.browser_playable]
    return [Item(v.video_id, {"path": v.path, "video_id": v.video_id}, cost=max(1.0, v.duration_s)) for v in videos]


def apply(workspace: Workspace, _settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Move a shard's files into the media folder and record them."""
    workspace.media.take(filled(NewMedia, shard.rows("media")), shard.files())
    take_damage(workspace, shard)
    return []


register(JobKind("pictures", apply))
register(JobKind("previews", apply))
