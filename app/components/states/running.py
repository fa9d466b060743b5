"""The state of a job at work: its stage, its times, what is in hand, Cancel, and the way to Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.states.box import state_box
from app.components.states.empty import leads_to
from app.components.states.waiting import titles_ahead
from app.markdown_text import plain
from app.reports.job_words import progress_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from app.workflows.jobs.live_progress import LiveProgress
    from storage.jobs import Job

__all__ = ["cancel_button", "running_lines", "running_state", "running_words", "watch_jobs"]


def running_state(services: Services, job: Job) -> DeltaGenerator:
    """Draw an active job; returns its box, for what else is known while it runs."""
    box, actions = state_box(job.state, plain(job.title), running_words(services, job), key=job.job_id)
    with actions:
        cancel_button(services, job)
        leads_to("jobs.py", "Jobs")
    with box:
        running_lines(services, job)
    return box


def watch_jobs(services: Services, jobs: Sequence[Job], draw: Callable[[list[Job]], object]) -> None:
    """Draw jobs as they are now, every second while one is active; the page is drawn again when the last has ended."""
    active = any(job.active for job in jobs)
    ids = tuple(job.job_id for job in jobs)
    st.fragment(_watch, run_every="1s" if active else None)(services, ids, draw, active=active)


def _watch(services: Services, ids: tuple[int, ...], draw: Callable[[list[Job]], object], *, active: bool) -> None:
    jobs = [services.workspace.jobs.get(job_id) for job_id in ids]
    if any(job.active for job in jobs) != active:
        st.rerun(scope="app")
    draw(jobs)


def running_words(services: Services, job: Job) -> str:
    """Its stage and times in one line, as Markdown; of a queued one, what it waits for."""
    ahead = titles_ahead(services, job) if job.state == "queued" else ()
    return plain(progress_words(job, services.supervisor.live(job), ahead))


def running_lines(services: Services, job: Job) -> None:
    """The bar, and what is in hand."""
    live = services.supervisor.live(job)
    if live is None:
        return
    st.progress(live.fraction)
    if said := _in_hand(live):
        st.caption(said)


def _in_hand(live: LiveProgress) -> str:
    """What is in hand, and what its worker says of it."""
    if live.stage is not None:
        return "" if live.note.lower() == live.stage.name.lower() else plain(live.note)
    names = ", ".join(item.rpartition("/")[2] for item in live.current)
    return plain(" · ".join(part for part in (f"In hand: {names}" if names else "", live.note) if part))


def cancel_button(services: Services, job: Job) -> None:
    """Ends the job; inactive while it is ending."""
    st.button(
        "Cancel",
        key=f"cancel-{job.job_id}",
        disabled=job.state == "cancelling",
        help="It is ending." if job.state == "cancelling" else None,
        on_click=services.supervisor.cancel,
        args=(job.job_id,),
    )
