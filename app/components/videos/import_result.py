"""What an import brought: how many videos and clips, what is wrong with the rest by kind, and the next step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.components.states.done import done_state
from app.components.states.empty import leads_to
from app.components.states.failed import failed_job, failed_state, retry_button
from app.markdown_text import plain
from app.reports.job_words import reason_alone
from app.text import plural
from app.workflows.extracting import standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.services import Services
    from storage import Workspace
    from storage.jobs import Job

__all__ = ["Held", "by_kind", "import_result"]

MOST_KINDS = 6


@dataclass(frozen=True)
class Held:
    """How much a workspace holds at one moment."""

    videos: int
    clips: int

    @classmethod
    def now(cls, workspace: Workspace) -> Held:
        """The counts of now."""
        totals = workspace.videos.totals()
        return cls(totals.videos, totals.clips)


def by_kind(reasons: Iterable[tuple[str, str]]) -> list[tuple[str, int]]:
    """`(reason, how often)` of items `(name, reason)`, the most frequent first; an item's own name is left out."""
    counts: Counter[str] = Counter()
    for item, reason in reasons:
        name = item.rpartition("/")[2]
        alone = reason_alone(item, reason)
        counts[alone.replace(item, "the file").replace(name, "the file") if name else alone] += 1
    return counts.most_common()


def import_result(services: Services, jobs: list[Job], before: Held | None) -> None:
    """Draw the counts, what failed and what was left out by kind, and what comes next."""
    for job in jobs:
        if job.state != "done":
            failed_job(services, job)
    now = Held.now(services.workspace)
    ids = [job.job_id for job in jobs]
    failed = by_kind((f.item, f.error) for job_id in ids for f in services.workspace.jobs.failures(job_id))
    skipped = by_kind(pair for job_id in ids for pair in services.workspace.jobs.skipped(job_id))
    videos, clips = (max(0, now.videos - before.videos), max(0, now.clips - before.clips)) if before else (0, 0)
    title = f"{plural(videos, 'new video')}, {plural(clips, 'new clip')}" if before else "The import has ended"
    kinds = [*_kinds("could not be imported", failed), *_kinds("needed nothing", skipped)]
    nothing = bool(failed) and not videos and not clips
    if nothing:
        actions = failed_state("Nothing was imported", "\n".join(kinds), key="import-result")
    else:
        actions = done_state(title, kinds, key="import-result")
    with actions:
        for job in jobs:
            if job.state == "done" and job.failed:
                retry_button(services, job)
        leads_to("videos.py", "Look at the videos")
        if nothing:
            leads_to("jobs.py", "Jobs")  # where each file stands by its name
        else:
            _next_step(services.workspace, now)


def _kinds(what: str, kinds: list[tuple[str, int]]) -> list[str]:
    """How many files, and for which reasons, as one Markdown text; nothing where there are none."""
    if not kinds:
        return []
    lines = [f"{plural(sum(number for _, number in kinds), 'file')} {what}:", ""]
    lines += [f"- {number:,} × {plain(reason)}" for reason, number in kinds[:MOST_KINDS]]
    if len(kinds) > MOST_KINDS:
        lines.append(f"- {sum(number for _, number in kinds[MOST_KINDS:]):,} for other reasons: see the job")
    return ["\n".join(lines)]


def _next_step(workspace: Workspace, held: Held) -> None:
    if not held.videos:
        return
    if not held.clips:
        leads_to("videos.py", "Next: make clips")
    elif any(row.measured < row.total for row in standing(workspace)):
        leads_to("overview.py", "Next: measure the clips")
    else:
        leads_to("label.py", "Next: label pairs")
