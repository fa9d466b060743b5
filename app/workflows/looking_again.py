"""Re-reads file facts (start time, playability) of videos that an earlier version imported wrongly or without them."""

from __future__ import annotations

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
    """The job that re-reads such videos, if any of their files exist. Until then they are not played: a browser might
    show other seconds than were measured.

    Videos that could not be read before are left out: the failed job can be retried, and importing the file again
    re-reads it too.
    """
    in_vain = workspace.jobs.failed_items("look_again")
    items = tuple(
        Item(
            video.video_id,
            LookAgainPayload(path=video.path, video_id=video.video_id, played=video.browser_playable, fps=video.fps),
        )
        for video in workspace.videos.without_first_frame()
        if video.video_id not in in_vain and video.place.exists()
    )
    return [FollowUp("Look where videos begin", JobSpec("look_again", items))] if items else []


def apply(workspace: Workspace, _settings: StepSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Correct wrong facts; videos that were removed meanwhile are ignored."""
    facts = {row.video_id: row for row in shard.read(LookAgainRow)}
    return [
        Outcome(video.video_id, "done", warning=correct(workspace, video, facts[video.video_id]))
        for video in workspace.videos.find(ids=facts)
    ]


def after(workspace: Workspace, _settings: StepSettings) -> list[FollowUp]:
    """Make previews of videos that browsers do not play correctly, and new pictures of those read wrongly."""
    return picture_jobs(workspace)


LOOK_AGAIN_KIND = JobKind(
    kind="look_again",
    lane="quick",
    settings=StepSettings,
    payload=LookAgainPayload,
    apply=apply,
    after=after,
    portable=True,
)
