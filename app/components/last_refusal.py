"""Why the latest run came to nothing: its job has left the page by then, and a page that says nothing helps nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain
from engine.errors import TooLittleData
from storage.jobs import ENDED

if TYPE_CHECKING:
    from datetime import datetime

    from app.services import Services

__all__ = ["last_refusal"]


def last_refusal(services: Services, kind: str, latest_run: datetime | None) -> None:
    """What stopped the latest job of `kind`, unless a run was finished since."""
    jobs = services.workspace.jobs
    job = next(iter(jobs.find(kind=kind, limit=1)), None)
    if job is None or not job.failed or job.state not in ENDED or (latest_run and latest_run > job.created_at):
        return
    said = next((failure.error for failure in jobs.failures(job.job_id)), job.message)
    if said.startswith(TooLittleData.FIRST_WORDS):
        st.warning(f"**{plain(said)}**", icon=":material/block:")
    else:
        st.error(f"The latest run came to nothing. {plain(said)}", icon=":material/error:")
