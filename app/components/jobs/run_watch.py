"""Shows the running job of one kind, or why the last one did not finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain
from app.components.jobs.card import job_card
from engine.errors import TooLittleData
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from app.services import Services
    from storage.jobs import Job

__all__ = ["run_watch"]


def run_watch(services: Services, kind: str) -> bool:
    """Show the job, and redraw the page once it has ended; returns whether one is queued or running."""
    last = next(iter(services.workspace.jobs.find(kind=kind, limit=1)), None)
    if last is None:
        return False
    if last.state in ACTIVE:
        st.fragment(_watch, run_every="1s")(services, last.job_id)
        return True
    if last.state != "done" or last.failed:
        _say_why(services, last)
    return False


def _say_why(services: Services, job: Job) -> None:
    failures = services.workspace.jobs.failures(job.job_id)
    said = next((failure.error for failure in failures), job.message if job.state == "failed" else "")
    if said.startswith(TooLittleData.FIRST_WORDS):
        st.warning(f"**{plain(said)}**", icon=":material/block:")
        return  # the same job would fail the same way again
    if said:
        st.error(f"The latest run gave no result. {plain(said)}", icon=":material/error:")
    job_card(services, job)  # with Resume or Retry


def _watch(services: Services, job_id: int) -> None:
    job = services.workspace.jobs.get(job_id)
    if job.state not in ACTIVE:
        st.rerun(scope="app")
    job_card(services, job)
