"""Words about background jobs, the same in the tray, on cards, in messages and on the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.text import duration, plural
from app.workflows.jobs.kinds import lane_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.workflows.jobs.live_progress import LiveProgress
    from app.workflows.jobs.time_left import TimeRange
    from storage.jobs import Job, JobFailure

__all__ = [
    "Ending",
    "coarse",
    "ending",
    "lane_words",
    "progress_words",
    "queue_words",
    "reason_alone",
    "result_page",
    "time_range",
    "work_words",
]

MINUTE_S, HOUR_S = 60, 3600
MANY_MINUTES = 20
"""From here on minutes are rounded to five."""
LEAST_RATE_PER_S = 0.1
"""A slower rate says less than the time left does."""
RESULT_PAGES = {
    "ablate": "ablations.py",
    "clips": "library.py",
    "download": "videos.py",
    "export": "export_sync.py",
    "extract": "library.py",
    "import": "videos.py",
    "map": "library.py",
    "near_duplicates": "library.py",
    "publish": "export_sync.py",
    "pull": "export_sync.py",
    "push": "export_sync.py",
    "receive": "videos.py",
    "rollouts": "validate.py",
    "sample": "videos.py",
    "score": "scores.py",
    "shots": "library.py",
    "train": "train.py",
    "unpack": "videos.py",
    "validate": "validate.py",
}
SILENT = frozenset({"look_again", "pictures", "previews"})
"""Kinds that the app starts by itself: nobody waits for them, so only their failures are news."""


def result_page(kind: str) -> str:
    """The file of the page that shows what a kind of job made; the Jobs page for those of installed packages."""
    return RESULT_PAGES.get(kind, "jobs.py")


def progress_words(job: Job, live: LiveProgress | None, ahead: Sequence[str] = ()) -> str:
    """Where a job stands, in one line: `Training networks, 2 of 4 · 3 min so far · about 4 to 6 min left`.

    `ahead`: the titles of the jobs that a queued one waits for.
    """
    if job.state == "queued":
        return _sentence(queue_words(ahead))
    parts = [work_words(job, live)]
    if live is not None:
        if job.total > 1 and live.rate_per_s and live.rate_per_s >= LEAST_RATE_PER_S:
            parts.append(f"{live.rate_per_s:.1f}/s")
        parts.append(f"{coarse(live.elapsed_s)} so far")
        if live.left is not None:
            span = time_range(live.left)
            parts.append(f"{span} left in this stage" if live.left_of_stage else f"{span} left")
    elif job.state == "done" and job.started_at and job.ended_at:
        parts.append(f"took {duration((job.ended_at - job.started_at).total_seconds())}")
    if job.failed and job.total > 1:
        parts.append(f"{job.failed:,} failed")
    if job.skipped:
        parts.append(f"{plural(job.skipped, 'item')} needed nothing")
    return _sentence(" · ".join(part for part in parts if part))


def _sentence(words: str) -> str:
    """With a capital letter; `capitalize` would lower the others."""
    return words[:1].upper() + words[1:]


def work_words(job: Job, live: LiveProgress | None) -> str:
    """What is done now: the stage and its place, else how many items of how many, else the share of the only one."""
    if live is not None and live.stage is not None:
        stage = live.stage
        return stage.name if stage.count == 1 else f"{stage.name}, {stage.number} of {stage.count}"
    if job.total > 1:
        return f"{job.done + job.failed:,} of {job.total:,}"
    if live is None:
        return "starting" if job.state == "running" else ""
    return f"{live.fraction:.0%}" if live.fraction >= 0.01 else live.note or "starting"


def lane_words(kind: str) -> str:
    """Where a kind of job waits its turn."""
    return "quick: never behind a long one" if lane_of(kind) == "quick" else "long: quick ones run beside it"


def queue_words(ahead: Sequence[str]) -> str:
    """`queued behind Validate and 2 more`."""
    if not ahead:
        return "queued, starts next"
    more = f" and {len(ahead) - 1:,} more" if len(ahead) > 1 else ""
    return f"queued behind {ahead[0]}{more}"


def coarse(seconds: float) -> str:
    """`12 s`, `3 min`, `1 h 5 min`: a duration whose figures do not flicker while it grows."""
    if seconds < MINUTE_S:
        return f"{int(seconds)} s"
    hours, minutes = divmod(int(seconds // MINUTE_S), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def time_range(left: TimeRange) -> str:
    """`less than a minute`, `about 4 to 6 min`, `about 2 to 3 h`."""
    if left.high_s < MINUTE_S:
        return "less than a minute"
    unit_s, unit = (HOUR_S, "h") if left.low_s >= 2 * HOUR_S else (MINUTE_S, "min")
    step = 5 if unit_s == MINUTE_S and left.high_s >= MANY_MINUTES * MINUTE_S else 1
    low = max(1, math.floor(left.low_s / unit_s / step) * step)
    high = max(1, math.ceil(left.high_s / unit_s / step) * step)
    return f"about {low} {unit}" if low == high else f"about {low} to {high} {unit}"


def reason_alone(item: str, reason: str) -> str:
    """Why an item failed, without the item's own name in front: that stands beside it already."""
    for name in (f"'{item}'", item):
        if reason.startswith(f"{name}: "):
            return reason[len(name) + 2 :]
    return reason


@dataclass(frozen=True)
class Ending:
    """How a job ended, as news: the sentence, and whether something went wrong."""

    text: str
    went_wrong: bool


def ending(job: Job, failures: Sequence[JobFailure]) -> Ending | None:
    """The news of an ended job; None where there is none: a person stopped it, or nobody waited for it.

    `failures`: the items that failed, or the first of them.
    """
    if job.state in ("failed", "interrupted"):
        return Ending(job.message or f"It ended {job.state}.", went_wrong=True)
    if job.state != "done":
        return None
    if job.failed:
        reason = failures[0].error if failures else ""
        if job.failed == job.total:
            return Ending(f"It gave no result: {reason}" if reason else "It gave no result.", went_wrong=True)
        first = f" {failures[0].item.rpartition('/')[2]}: {reason_alone(failures[0].item, reason)}" if reason else ""
        return Ending(f"{job.failed:,} of {job.total:,} failed.{first}", went_wrong=True)
    if job.message:
        return Ending(job.message, went_wrong=True)
    if job.kind in SILENT:
        return None
    count = f"{job.done:,} of {job.total:,} " if job.total > 1 else ""
    took = (job.ended_at - job.started_at).total_seconds() if job.ended_at and job.started_at else 0.0
    return Ending(_sentence(f"{count}done in {duration(took)}."), went_wrong=False)
