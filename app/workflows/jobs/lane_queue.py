"""One lane of jobs: those that wait in it, in order, and the one that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.workflows.jobs.job_run import JobRun
    from app.workflows.jobs.kinds import Lane

__all__ = ["LaneQueue"]


@dataclass
class LaneQueue:
    """One lane: the jobs that wait in it, in order, and the one that runs."""

    lane: Lane
    waiting: list[int] = field(default_factory=list)
    current: tuple[int, JobRun] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing runs or waits here."""
        return self.current is None and not self.waiting

    def runs(self, job_id: int) -> bool:
        """Whether this job is the one under way here."""
        current = self.current
        return current is not None and current[0] == job_id

    def __contains__(self, job_id: int) -> bool:
        return job_id in self.waiting or self.runs(job_id)
