"""Draws one job: its state, progress, failures, history and log, with the buttons for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.components.feedback import plain, state_badge
from app.text import ago, duration, plural
from engine.export.writers import neutralise_formulas
from storage.jobs import ENDED, RESUMABLE

if TYPE_CHECKING:
    from app.services import Services
    from app.workflows.jobs.live_progress import LiveProgress
    from storage.jobs import Job

__all__ = ["job_card", "progress_text"]

MOST_LEFT_OUT = 5
"""The most lines about left-out results that a card shows; the history has them all."""


def progress_text(job: Job, live: LiveProgress | None) -> str:
    """`12 of 40 · 3.1/s · 9 s left`, in tabular figures where the font has them."""
    parts = [f"{job.done + job.failed:,} of {job.total:,}"]
    if live and live.rate_per_s:
        rate = live.rate_per_s
        parts.append(f"{rate:.1f}/s" if rate >= 1 else f"{rate * 60:.1f}/min")
    if live and live.eta_s is not None and job.done + job.failed < job.total:
        parts.append(f"{duration(max(live.eta_s, 1))} left")
    if job.failed:
        parts.append(f"{job.failed:,} failed")
    return " · ".join(parts)


def job_card(services: Services, job: Job) -> None:
    """A job's state, progress and buttons; its failures, history and log on demand."""
    live = services.supervisor.live(job)
    with st.container(border=True, gap="small", key=f"job-{job.job_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            state_badge(job.state)
            st.markdown(f"**{plain(job.title)}**", width="content")
            st.caption(f"job {job.job_id} · {ago(job.created_at)}", width="stretch")
            _buttons(services, job)
        if job.active:
            st.progress(live.fraction if live else 0.0)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_summary(job, live), width="stretch")
            chosen = _detail_choice(job)
        if job.state == "failed" and job.message:
            st.error(plain(job.message), icon=":material/error:")
        elif job.message and job.state == "done":
            st.warning(plain(job.message), icon=":material/warning:")
        elif job.message and job.state in RESUMABLE:
            st.caption(plain(job.message))
        if job.state == "done" and (left_out := services.workspace.jobs.left_out(job.job_id, MOST_LEFT_OUT)):
            st.warning("  \n".join(map(plain, left_out)), icon=":material/warning:")
        if live and live.current:
            st.caption("In hand: " + ", ".join(plain(item.rpartition("/")[2]) for item in live.current))
        if live and live.note:
            st.caption(plain(live.note))
        if chosen:
            _details(services, job, chosen)


def _summary(job: Job, live: LiveProgress | None) -> str:
    parts = [progress_text(job, live)]
    if job.skipped:
        parts.append(f"{plural(job.skipped, 'item')} needed nothing")
    if job.ended_at and job.started_at:
        parts.append(f"took {duration((job.ended_at - job.started_at).total_seconds())}")
    if live and live.rss_bytes:
        parts.append(f"{live.rss_bytes / 1e6:,.0f} MB")
    return " · ".join(parts)


def _buttons(services: Services, job: Job) -> None:
    number = job.job_id
    if job.active and st.button("Cancel", key=f"cancel-{number}", disabled=job.state == "cancelling"):
        services.supervisor.cancel(number)
        st.rerun(scope="app")
    if job.state in RESUMABLE and st.button("Resume", key=f"resume-{number}", type="primary"):
        services.supervisor.resume(number)
        st.rerun(scope="app")
    if job.failed and job.state in ENDED and st.button("Retry failed", key=f"retry-{number}"):
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
