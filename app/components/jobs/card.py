"""Draws one job: its state, progress, failures, history and log, with the buttons for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.components.feedback import state_badge
from app.components.states.failed import failed_lines, retry_button
from app.components.states.running import cancel_button, running_lines, running_words
from app.markdown_text import code, plain
from app.reports.job_words import lane_words, progress_words
from app.text import ago
from engine.export.writers import neutralise_formulas

if TYPE_CHECKING:
    from app.services import Services
    from storage.jobs import Job

__all__ = ["job_card"]

MOST_LEFT_OUT = 5
"""The most lines about left-out results that a card shows; the history has them all."""


def job_card(services: Services, job: Job) -> None:
    """A job's state, progress and buttons; what failed with its reason; history and log on demand."""
    with st.container(border=True, gap="small", key=f"job-{job.job_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            state_badge(job.state, f"Job {job.job_id}, of kind {code(job.kind)}; {lane_words(job.kind)}")
            st.markdown(f"**{plain(job.title)}**", width="content")
            said = running_words(services, job) if job.active else plain(_how_it_went(job))
            st.caption(
                f"{plain(ago(job.created_at))} · {said}" if said else plain(ago(job.created_at)), width="stretch"
            )
            chosen = _detail_choice(job)
            if job.active:
                cancel_button(services, job)
            else:
                retry_button(services, job)
        if job.active:
            running_lines(services, job)
        elif job.failed or (job.message and job.state != "done"):
            failed_lines(services, job, where="above")
        if job.state == "done":
            _left_out(services, job)
        if chosen:
            _details(services, job, chosen)


def _left_out(services: Services, job: Job) -> None:
    """What a job that is done says of it, and could not store."""
    left_out = services.workspace.jobs.left_out(job.job_id, MOST_LEFT_OUT)
    for line in filter(None, [job.message, *left_out]):
        st.markdown(f":orange[:material/warning:] {plain(line)}")


def _how_it_went(job: Job) -> str:
    words = progress_words(job, None)
    return words[:1].lower() + words[1:]


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
