"""The state of one item of a kind of job: queued, running, failed and why, stopped, or never requested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.errors import JobError
from engine.runtime.spec import read_spec
from storage.jobs import RESUMABLE

if TYPE_CHECKING:
    from app.workflows.jobs.supervisor import Supervisor
    from storage import Workspace
    from storage.jobs import Job

__all__ = ["ItemState", "item_state"]

JOBS_LOOKED_AT = 50


@dataclass(frozen=True)
class ItemState:
    """The state of one item of a kind of job. `absent`: no job has to do it; it was never requested, or is done."""

    state: Literal["queued", "running", "failed", "stopped", "absent"]
    job_id: int | None = None
    reason: str = ""
    under_way: bool = False
    """Whether that job still runs, perhaps on other items; the item can be retried once it has ended."""


def item_state(workspace: Workspace, supervisor: Supervisor, kind: str, item: str) -> ItemState:
    """The state of `item` in the latest job of this kind that contains it."""
    jobs = workspace.jobs.find(kind=kind, limit=JOBS_LOOKED_AT)
    outcomes = workspace.jobs.outcomes_of(item, [job.job_id for job in jobs])
    for job in jobs:
        came = outcomes.get(job.job_id)
        if came is not None and came.outcome == "failed":
            return ItemState("failed", job.job_id, came.message, job.active)
        if came is not None and came.outcome != "cleared":
            break  # done: older jobs no longer matter
        if _speaks_of(workspace, job, item):
            if not job.active:
                return ItemState("stopped", job.job_id, job.message)
            live = supervisor.live(job)
            return ItemState("running" if live and item in live.current else "queued", job.job_id, under_way=True)
    return ItemState("absent")


def _speaks_of(workspace: Workspace, job: Job, item: str) -> bool:
    if not (job.active or job.state in RESUMABLE):
        return False
    try:
        spec = read_spec(workspace.paths.job(job.job_id) / "spec.json")
    except JobError:
        return False
    return any(one.key == item for one in spec.items)
