"""What the process that runs jobs writes down about them each second, for commands that can't open the workspace.

DuckDB's file has one owner at a time: while the app has it, `handpicked jobs list` reads this file instead.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from app.workflows.jobs.live_progress import LiveProgress
from app.workflows.jobs.time_left import TimeRange
from engine.errors import EngineError
from engine.files.read_json import parse_model, read_within
from engine.files.replace_whole import write_whole
from engine.runtime.stages import Stage
from storage.jobs import Job, JobState

if TYPE_CHECKING:
    from storage.paths import WorkspacePaths

__all__ = ["ActiveJob", "Announced", "announced", "forget", "write_down"]

NAME = "active.json"
MAX_BYTES = 4_000_000


class ActiveJob(BaseModel):
    """A queued or running job as its process saw it last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: int
    kind: str
    title: str
    state: JobState
    done: int
    total: int
    failed: int
    skipped: int
    created_at: datetime
    started_at: datetime | None = None
    ahead: tuple[str, ...] = ()
    """The titles of the jobs that it waits for."""
    fraction: float | None = None
    """None for a queued job, as for all that follows."""
    stage: tuple[str, int, int, float] | None = None
    elapsed_s: float = 0.0
    rate_per_s: float | None = None
    left_s: tuple[float, float] | None = None
    note: str = ""

    @classmethod
    def of(cls, job: Job, live: LiveProgress | None, ahead: tuple[str, ...]) -> ActiveJob:
        """One job with its progress."""
        known = {name: getattr(job, name) for name in cls.model_fields if hasattr(job, name)}
        if live is None:
            return cls(**known, ahead=ahead)
        stage = live.stage
        return cls(
            **known,
            ahead=ahead,
            fraction=live.fraction,
            stage=None if stage is None else (stage.name, stage.number, stage.count, stage.share),
            elapsed_s=live.elapsed_s,
            rate_per_s=live.rate_per_s,
            left_s=None if live.left is None else (live.left.low_s, live.left.high_s),
            note=live.note,
        )

    def job(self) -> Job:
        """The job's row."""
        known = {name: getattr(self, name) for name in type(self).model_fields if name in Job.__dataclass_fields__}
        return Job(**known, ended_at=None, message="")

    def live(self) -> LiveProgress | None:
        """Its progress; None for a queued job."""
        if self.fraction is None:
            return None
        return LiveProgress(
            fraction=self.fraction,
            stage=None if self.stage is None else Stage(*self.stage),
            elapsed_s=self.elapsed_s,
            rate_per_s=self.rate_per_s,
            left=None if self.left_s is None else TimeRange(*self.left_s),
            current=(),
            note=self.note,
            rss_bytes=0,
        )


class Announced(BaseModel):
    """All active jobs of a workspace, those that run first."""

    jobs: tuple[ActiveJob, ...] = ()


def write_down(paths: WorkspacePaths, jobs: list[ActiveJob]) -> None:
    """Write the file, whole. Raises `OSError`."""
    write_whole(paths.jobs / NAME, Announced(jobs=tuple(jobs)).model_dump_json(), durable=False)


def forget(paths: WorkspacePaths) -> None:
    """Nothing is active any more."""
    (paths.jobs / NAME).unlink(missing_ok=True)


def announced(paths: WorkspacePaths) -> tuple[ActiveJob, ...]:
    """The active jobs of the process that has the workspace open; none where it wrote nothing."""
    try:
        return parse_model(read_within(paths.jobs / NAME, MAX_BYTES), Announced).jobs
    except (OSError, ValueError, EngineError):
        return ()
