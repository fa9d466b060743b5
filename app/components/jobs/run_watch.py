"""Shows the running job of one kind, or why the last one did not finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.states.failed import failed_job
from app.components.states.running import running_state, watch_jobs

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["run_watch"]


def run_watch(services: Services, kind: str) -> bool:
    """Show the job, and redraw the page once it has ended; returns whether one is queued or running."""
    last = next(iter(services.workspace.jobs.find(kind=kind, limit=1)), None)
    if last is None:
        return False
    if last.active:
        watch_jobs(services, [last], lambda jobs: running_state(services, jobs[0]))
        return True
    if last.state != "done" or last.failed:
        failed_job(services, last)
    return False
