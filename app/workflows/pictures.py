"""Makes thumbnails, hover-scrub sprites and browser previews in background jobs, stored in the media folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workflows.damage import take_damage
from app.workflows.jobs.kinds import FollowUp, JobKind
from engine.contracts.pictures import MediaJobSettings, MediaRow, PicturesPayload, PreviewPayload
from engine.runtime.payloads import with_windows
from engine.runtime.spec import Item, JobSpec
from engine.settings.data import DataSettings
from storage.media import NewMedia

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = ["PICTURES_KIND", "PREVIEWS_KIND", "picture_jobs", "pictures_of"]


def picture_jobs(workspace: Workspace) -> list[FollowUp]:
    """The jobs that make what is missing: pictures of clips and videos, then previews where a browser needs one."""
    media = media_settings(workspace)
    jobs = [
        FollowUp("Make thumbnails", JobSpec("pictures", tuple(picture_items(workspace)), media)),
        FollowUp("Make browser previews", JobSpec("previews", tuple(preview_items(workspace)), media)),
    ]
    return [job for job in jobs if job.spec.items]


def pictures_of(workspace: Workspace, clip_ids: Iterable[str]) -> JobSpec:
    """The job that makes the missing pictures of these clips alone."""
    return JobSpec("pictures", tuple(picture_items(workspace, clip_ids)), media_settings(workspace))


def media_settings(workspace: Workspace) -> MediaJobSettings:
    """Sizes of pictures and previews, as data.yaml has them."""
    chosen = workspace.settings.load(DataSettings).media
    return MediaJobSettings(
        thumbnail_short_side_px=chosen.thumbnail_short_side_px,
        sprite_frames=chosen.sprite_frames,
        preview_short_side_px=chosen.preview_short_side_px,
    )


def picture_items(workspace: Workspace, among: Iterable[str] | None = None) -> list[Item[PicturesPayload]]:
    """One item a video: its poster if it has none, and every clip of it (or `among` these) that lacks a thumbnail."""
    return [
        Item(
            video.video_id,
            with_windows(
                PicturesPayload,
                video.windows,
                path=video.path,
                video_id=video.video_id,
                poster=video.poster,
                duration_s=video.duration_s,
            ),
            cost=max(1.0, video.duration_s),
        )
        for video in workspace.clips_by_video.lacking_pictures(among)
    ]


def preview_items(workspace: Workspace) -> list[Item[PreviewPayload]]:
    """One item for each video that a browser can't play and that has no preview yet."""
    lacking = workspace.videos.without_media("preview")
    videos = [video for video in workspace.videos.find(ids=lacking) if not video.browser_playable]
    return [
        Item(video.video_id, PreviewPayload(path=video.path, video_id=video.video_id), cost=max(1.0, video.duration_s))
        for video in videos
    ]


def apply(workspace: Workspace, _settings: MediaJobSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Move a shard's files into the media folder and record them."""
    made = [NewMedia(**row.columns()) for row in shard.read(MediaRow)]
    workspace.media.take(made, shard.files())
    take_damage(workspace, shard)
    return []


PICTURES_KIND = JobKind(
    kind="pictures", lane="quick", settings=MediaJobSettings, payload=PicturesPayload, apply=apply, portable=True
)
PREVIEWS_KIND = JobKind(
    kind="previews", lane="quick", settings=MediaJobSettings, payload=PreviewPayload, apply=apply, portable=True
)
