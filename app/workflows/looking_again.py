"""A second look at videos of an earlier version: it did not write down when a player shows their first picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.workflows.kinds import FollowUp, JobKind, register
from app.workflows.pictures import picture_jobs
from engine.runtime.spec import Item, JobSpec

if TYPE_CHECKING:
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = ["look_again_jobs"]


def look_again_jobs(workspace: Workspace) -> list[FollowUp]:
    """The job that looks at such videos, where there are any whose file is here. Until then none of them is played: a
    browser might show other seconds than were measured."""
    items = tuple(
        Item(
            video.video_id,
            {
                "path": video.path,
                "video_id": video.video_id,
                "played": video.browser_playable,
                "fps": video.fps,
            },
        )
        for video in workspace.videos.without_first_frame()
        if Path(video.path).exists()
    )
    return [FollowUp("Look where videos begin", JobSpec("look_again", items))] if items else []


def apply(workspace: Workspace, _settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Write down what was seen."""
    for row in shard.rows("start"):
        workspace.videos.set_first_frame(
            row["video_id"], row["first_frame_s"], browser_playable=row["browser_playable"]
        )
    return []


def after(workspace: Workspace, _settings: dict[str, Any]) -> list[FollowUp]:
    """Previews of what turned out not to be played rightly."""
    return [job for job in picture_jobs(workspace) if job.spec.kind == "previews"]


register(JobKind("look_again", apply, after))
