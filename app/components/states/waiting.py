"""What a queued job waits for, by title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.reports.job_words import queue_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from storage.jobs import Job

__all__ = ["making_words", "titles_ahead"]


def titles_ahead(services: Services, job: Job) -> list[str]:
    """The titles of the jobs that a queued job waits for, the one that runs first."""
    ahead = services.supervisor.ahead_of(job.job_id)
    titles = {each.job_id: each.title for each in services.workspace.jobs.find(ids=ahead)} if ahead else {}
    return [titles[number] for number in ahead if number in titles]


def making_words(services: Services, jobs: Sequence[Job]) -> str:
    """`is being made` of what these active jobs make, or what the first of them is queued behind."""
    if any(job.state in ("running", "cancelling") for job in jobs):
        return "is being made"
    return f"is {queue_words(titles_ahead(services, jobs[-1]))}" if jobs else "is not being made"
