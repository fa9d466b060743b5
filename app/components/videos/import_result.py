"""What an import brought: how many videos and clips, what is wrong with the rest by kind, and the next step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain
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
    now = Held.now(services.workspace)
    ids = [job.job_id for job in jobs]
    failed = by_kind((f.item, f.error) for job_id in ids for f in services.workspace.jobs.failures(job_id))
    skipped = by_kind(pair for job_id in ids for pair in services.workspace.jobs.skipped(job_id))
    with st.container(border=True, gap="small", key="import-result"):
        if before is not None:
            videos, clips = max(0, now.videos - before.videos), max(0, now.clips - before.clips)
            st.markdown(f"**{plural(videos, 'new video')}, {plural(clips, 'new clip')}.**")
        _kinds("could not be imported", failed, ":red[:material/error:]")
        _kinds("needed nothing", skipped, ":material/info:")
        with st.container(horizontal=True, vertical_alignment="center"):
            _next_step(services.workspace, now)
            st.page_link("../pages/videos.py", label="Look at the videos", icon=":material/video_library:")


def _kinds(what: str, kinds: list[tuple[str, int]], sign: str) -> None:
    if not kinds:
        return
    count = sum(number for _, number in kinds)
    lines = [f"{sign} {plural(count, 'file')} {what}:"]
    lines += [f"- {number:,} × {plain(reason)}" for reason, number in kinds[:MOST_KINDS]]
    if len(kinds) > MOST_KINDS:
        lines.append(f"- {sum(number for _, number in kinds[MOST_KINDS:]):,} for other reasons: see the job")
    st.markdown("\n".join([lines[0], "", *lines[1:]]))


def _next_step(workspace: Workspace, held: Held) -> None:
    if not held.videos:
        return
    if not held.clips:
        label, page = "Next: make clips", "../pages/videos.py"
    elif any(row.measured < row.total for row in standing(workspace)):
        label, page = "Next: measure the clips", "../pages/overview.py"
    else:
        label, page = "Next: label pairs", "../pages/label.py"
    if st.button(label, type="primary", icon=":material/arrow_forward:", key="import-next"):
        st.switch_page(page)
