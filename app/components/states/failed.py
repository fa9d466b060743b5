"""The state of what went wrong: what happened, with which file, the way out, and another try."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.states.box import state_box
from app.components.states.empty import leads_to
from app.markdown_text import plain
from app.reports.job_words import reason_alone
from app.text import ago
from engine.errors import HandpickedError, TooLittleData
from storage.jobs import ENDED, RESUMABLE

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from storage.jobs import Job

__all__ = ["failed_job", "failed_lines", "failed_state", "retry_button"]

MOST_FAILED = 5
"""The most failed items that are named; the job's details have them all."""


def failed_state(title: str, text: str, *, key: str) -> DeltaGenerator:
    """Draw what happened and the way out, both as Markdown; returns the place for the action that mends it."""
    box, actions = state_box("failed", title, key=key)
    box.markdown(text)
    return actions


def failed_job(services: Services, job: Job) -> None:
    """Draw a job that gave no result or not all of it: why, for which file, and how to go on."""
    state = "failed" if job.state == "done" else job.state  # it ended, but not all of it was done
    box, actions = state_box(state, plain(job.title), f"{_how_it_ended(job)} {ago(job.created_at)}", key=job.job_id)
    with actions:
        if not _for_want_of_data(services, job):  # the same job would fail the same way again
            retry_button(services, job)
        leads_to("jobs.py", "Jobs")
    with box:
        failed_lines(services, job)


def failed_lines(services: Services, job: Job, *, where: str = "on the Jobs page") -> None:
    """Why it ended early, and the first items that failed, each with its file and the reason; `where`: all of them."""
    failures = services.workspace.jobs.failures(job.job_id, MOST_FAILED)
    lines = [plain(job.message)] if job.message and job.state != "done" else []
    for failure in failures:
        name, reason = failure.item.rpartition("/")[2], plain(reason_alone(failure.item, failure.error))
        lines.append(reason if _is_a_run(job, failure.item) else f"**{plain(name)}**: {reason}")
    if job.failed > len(failures):
        lines.append(f"{job.failed - len(failures):,} more stand under Failures {where}.")
    if lines:
        st.markdown("  \n".join(lines))


def retry_button(services: Services, job: Job) -> None:
    """Goes on with a stopped job, or tries again what failed of an ended one; nothing where neither can be."""
    stopped = job.state in RESUMABLE
    if not stopped and not (job.failed and job.state in ENDED):
        return
    again = job.failed > 0 or job.state == "failed"
    st.button(
        "Try again" if again else "Resume",
        key=f"again-{job.job_id}",
        icon=":material/refresh:" if again else ":material/resume:",
        on_click=uninterrupted(_go_on),
        args=(services, job.job_id),
    )
    if said := st.session_state.pop(_refused(job.job_id), None):
        st.caption(f":red[{plain(said)}]")


def _go_on(services: Services, job_id: int) -> None:
    job = services.workspace.jobs.get(job_id)
    try:
        if job.failed:
            services.supervisor.retry_failed(job_id)
        elif job.state in RESUMABLE:
            services.supervisor.resume(job_id)
    except HandpickedError as error:
        st.session_state[_refused(job_id)] = str(error)


def _refused(job_id: int) -> str:
    return f"again-{job_id}-refused"


def _is_a_run(job: Job, item: str) -> bool:
    """Whether the job's one item is no file, but a run whose id says nothing to a person."""
    return job.total == 1 and "/" not in item and "." not in item


def _how_it_ended(job: Job) -> str:
    if job.state == "done":
        return "gave no result" if job.failed == job.total else f"{job.failed:,} of {job.total:,} failed"
    return {"cancelled": "was cancelled", "interrupted": "was interrupted"}.get(job.state, "failed")


def _for_want_of_data(services: Services, job: Job) -> bool:
    failures = services.workspace.jobs.failures(job.job_id, 1)
    return any(failure.error.startswith(TooLittleData.FIRST_WORDS) for failure in failures)
