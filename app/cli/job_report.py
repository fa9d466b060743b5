"""Reports the jobs that a command ran, as text, as JSON and as exit code, the same for all commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from app.cli.output import say
from app.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.jobs import Job, JobFailure

__all__ = ["DONE", "FAILED", "PARTLY", "EndedJob", "JobReport", "exit_with"]

DONE, FAILED, PARTLY = 0, 1, 3
"""Exit codes; 2 is wrong usage. PARTLY: the jobs ran to their end, but some items failed or were left out;
each is named."""
MOST_SAID = 200
"""The most failures printed as text; JSON has them all."""


@dataclass(frozen=True)
class EndedJob:
    """One job as it ended."""

    job: Job
    failures: tuple[JobFailure, ...]
    left_out: tuple[str, ...] = ()
    """Results of finished items that could not be stored, and why."""

    @property
    def in_part(self) -> bool:
        """Whether something failed or was left out."""
        return bool(self.failures or self.left_out)

    @property
    def ok(self) -> bool:
        """Whether the job ran to its end; single items may still have failed."""
        return self.job.state == "done" and not self.job.message

    @property
    def reason(self) -> str:
        """Why the job did not run to its end, or what went wrong afterwards; empty where nothing did."""
        return "" if self.ok else self.job.message or f"The job ended {self.job.state}."

    def as_json(self, item: str) -> dict[str, Any]:
        """The job for JSON output; `item` is the key that names an item in the list of failures."""
        failed = [{item: failure.item, "error": failure.error} for failure in self.failures]
        left_out = list(self.left_out)
        return {"state": self.job.state, "message": self.job.message, "failed": failed, "left_out": left_out}

    def complaints(self) -> Iterable[str]:
        """A sentence for each thing that went wrong."""
        for failure in self.failures[:MOST_SAID]:
            yield f"{failure.item}: {failure.error}"
        if len(self.failures) > MOST_SAID:
            yield f"{plural(len(self.failures) - MOST_SAID, 'more failure')}: `handpicked jobs show {self.job.job_id}`."
        yield from self.left_out
        if self.reason:
            yield self.reason


@dataclass(frozen=True)
class JobReport:
    """A job and all that followed from it."""

    first: EndedJob
    followers: tuple[EndedJob, ...] = ()

    @property
    def job(self) -> Job:
        return self.first.job

    @property
    def failures(self) -> tuple[JobFailure, ...]:
        """The failed items of the job itself."""
        return self.first.failures

    @property
    def exit_code(self) -> int:
        """FAILED where a job did not run to its end or finished none of its items, PARTLY where items failed
        or were left out."""
        return self.exit_code_with(results=self.job.failed < self.job.total)

    def exit_code_with(self, *, results: bool) -> int:
        """As `exit_code`, for a job whose failed items may have left results too; `results`: whether there are any."""
        if not all(ended.ok for ended in (self.first, *self.followers)):
            return FAILED
        if self.failures and not results:
            return FAILED
        return PARTLY if any(ended.in_part for ended in (self.first, *self.followers)) else DONE

    def as_json(self, item: str = "item") -> dict[str, Any]:
        """The job's state, message and failures, and those of what followed."""
        followers = [
            {"job_id": ended.job.job_id, "title": ended.job.title, **ended.as_json("item")} for ended in self.followers
        ]
        return {"job_id": self.job.job_id, **self.first.as_json(item), "follow_ups": followers}

    def complain(self) -> None:
        """Print what went wrong in the job and in the jobs that followed it."""
        for line in self.first.complaints():
            say(line, "red")
        for ended in self.followers:
            for line in ended.complaints():
                say(f"{ended.job.title} (job {ended.job.job_id}): {line}", "red")


def exit_with(*codes: int) -> None:
    """Exit with the worst of `codes`, unless that is DONE."""
    worst = FAILED if FAILED in codes else max(codes, default=DONE)
    if worst != DONE:
        raise typer.Exit(worst)
