"""A second look at videos of an earlier version, which took some facts of their files wrongly or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.workflows.jobs.kinds import FollowUp, JobKind
from app.workflows.pictures import picture_jobs
from app.workflows.video_facts import correct
from engine.contracts.files import LookAgainPayload, LookAgainRow
from engine.runtime.spec import Item, JobSpec, StepSettings
from storage.jobs import Outcome

if TYPE_CHECKING:
    from engine.runtime.shards import ShardFolder
    from storage import Workspace

__all__ = ["LOOK_AGAIN_KIND", "look_again_jobs"]


def look_again_jobs(workspace: Workspace) -> list[FollowUp]:
    """The job that looks at such videos, where there are any whose file is here. Until then none of them is played: a
    browser might show other seconds than were measured.

    One that could not be read before is left out: the job that says so can be tried again, and importing the file again
    looks at it too.
    """
    in_vain = workspace.jobs.failed_items("look_again")
    items = tuple(
        Item(
            video.video_id,
            LookAgainPayload(path=video.path, video_id=video.video_id, played=video.browser_playable, fps=video.fps),
        )
        for video in workspace.videos.without_first_frame()
        if video.video_id not in in_vain and Path(video.path).exists()
    )
    return [FollowUp("Look where videos begin", JobSpec("look_again", items))] if items else []


def apply(workspace: Workspace, _settings: StepSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Correct what was taken wrongly; videos that were removed meanwhile are left alone."""
    facts = {row.video_id: row for row in shard.read(LookAgainRow)}
    return [
        Outcome(video.video_id, "done", warning=correct(workspace, video, facts[video.video_id]))
        for video in workspace.videos.find(ids=facts)
    ]


def after(workspace: Workspace, _settings: StepSettings) -> list[FollowUp]:
    """Previews of what turned out not to be played rightly, and pictures anew of what was read wrongly."""
    return picture_jobs(workspace)


LOOK_AGAIN_KIND = JobKind(kind="look_again", settings=StepSettings, payload=LookAgainPayload, apply=apply, after=after)
