"""Draws one job: its state, progress, failures, history and log, with the buttons for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.components.feedback import code, plain, state_badge
from app.components.jobs.waiting import titles_ahead
from app.reports.job_words import lane_words, progress_words, reason_alone
from app.text import ago
from engine.export.writers import neutralise_formulas
from storage.jobs import ENDED, RESUMABLE

if TYPE_CHECKING:
    from app.services import Services
    from app.workflows.jobs.live_progress import LiveProgress
    from storage.jobs import Job

__all__ = ["job_card"]

MOST_LEFT_OUT = 5
"""The most lines about left-out results that a card shows; the history has them all."""
MOST_FAILED = 5
"""The most failed items that a card names; the details have them all."""


def job_card(services: Services, job: Job) -> None:
    """A job's state, progress and buttons; what failed with its reason; history and log on demand."""
    live = services.supervisor.live(job)
    with st.container(border=True, gap="small", key=f"job-{job.job_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            state_badge(job.state, f"Job {job.job_id}, of kind {code(job.kind)}; {lane_words(job.kind)}")
            st.markdown(f"**{plain(job.title)}**", width="content")
            st.caption(plain(" · ".join(filter(None, (ago(job.created_at), _how_it_went(job))))), width="stretch")
            chosen = _detail_choice(job)
            _buttons(services, job)
        if live is not None:
            st.progress(live.fraction)
        if job.active:
            ahead = titles_ahead(services, job) if job.state == "queued" else ()
            st.caption(plain(progress_words(job, live, ahead)))
        _messages(services, job)
        if job.failed:
            _failed_items(services, job)
        if live and (at_hand := _at_hand(live)):
            st.caption(at_hand)
        if chosen:
            _details(services, job, chosen)


def _messages(services: Services, job: Job) -> None:
    """Why it ended early, and what it could not store."""
    if job.state == "failed" and job.message:
        st.error(plain(job.message), icon=":material/error:")
    elif job.message and job.state == "done":
        st.warning(plain(job.message), icon=":material/warning:")
    elif job.message and job.state in RESUMABLE:
        st.caption(plain(job.message))
    if job.state == "done" and (left_out := services.workspace.jobs.left_out(job.job_id, MOST_LEFT_OUT)):
        st.warning("  \n".join(map(plain, left_out)), icon=":material/warning:")


def _failed_items(services: Services, job: Job) -> None:
    """The first items that failed, each with its file and the reason."""
    failures = services.workspace.jobs.failures(job.job_id)
    lines = []
    for failure in failures[:MOST_FAILED]:
        reason = reason_alone(failure.item, failure.error)
        lines.append(f"**{plain(failure.item.rpartition('/')[2])}**: {plain(reason)}")
    if len(failures) > MOST_FAILED:
        lines.append(f"{len(failures) - MOST_FAILED:,} more stand under Failures.")
    st.error("  \n".join(lines), icon=":material/error:")


def _at_hand(live: LiveProgress) -> str:
    """What is in hand, and what its worker says of it."""
    if live.stage is not None:
        return "" if live.note.lower() == live.stage.name.lower() else plain(live.note)
    names = ", ".join(item.rpartition("/")[2] for item in live.current)
    return plain(" · ".join(part for part in (f"In hand: {names}" if names else "", live.note) if part))


def _how_it_went(job: Job) -> str:
    words = "" if job.active else progress_words(job, None)
    return words[:1].lower() + words[1:]


def _buttons(services: Services, job: Job) -> None:
    number = job.job_id
    if job.active and st.button("Cancel", key=f"cancel-{number}", disabled=job.state == "cancelling"):
        services.supervisor.cancel(number)
        st.rerun(scope="app")
    if job.state in RESUMABLE and st.button("Resume", key=f"resume-{number}", type="primary"):
        services.supervisor.resume(number)
        st.rerun(scope="app")
    if job.failed and job.state in ENDED and st.button("Retry failed", type="primary", key=f"retry-{number}"):
        services.supervisor.retry_failed(number)
        st.rerun(scope="app")


def _detail_choice(job: Job) -> str | None:
    return st.pills("Details", _tabs(job), key=f"details-{job.job_id}", label_visibility="collapsed", width="content")


def _details(services: Services, job: Job, chosen: str) -> None:
    jobs = services.workspace.jobs
    if chosen.startswith("Failures"):
        rows = [{"item": f.item, "error": f.error} for f in jobs.failures(job.job_id)]
        _report(rows, f"failures-{job.job_id}")
    elif chosen.startswith("Skipped"):
        rows = [{"item": item, "reason": reason} for item, reason in jobs.skipped(job.job_id)]
        _report(rows, f"skipped-{job.job_id}")
    elif chosen == "History":
        events = [
            {"time": f"{e.created_at.astimezone():%H:%M:%S}", "event": e.state or e.level, "message": e.message}
            for e in jobs.events(job.job_id)
        ]
        st.dataframe(pd.DataFrame(events), hide_index=True, key=f"history-{job.job_id}")
    else:
        there = services.workspace.paths.job(job.job_id).is_dir()
        nothing = "The workers logged nothing." if there else "The log was cleaned up."
        st.code(services.supervisor.log(job.job_id) or nothing, language=None, height=260)


def _tabs(job: Job) -> list[str]:
    tabs = []
    if job.failed:
        tabs.append(f"Failures ({job.failed:,})")
    if job.skipped:
        tabs.append(f"Skipped ({job.skipped:,})")
    return [*tabs, "History", "Log"]


def _report(rows: list[dict[str, str]], name: str) -> None:
    frame = pd.DataFrame(rows)
    st.dataframe(frame, hide_index=True, key=name)
    text = neutralise_formulas(frame).to_csv(index=False)
    st.download_button("Download as CSV", text, f"{name}.csv", "text/csv", key=f"get-{name}", on_click="ignore")
