"""The job tray in the sidebar: shows running jobs on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain
from app.components.jobs.card import progress_text
from app.navigation import PAGES

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["job_tray"]

JOBS_PAGE = next(entry for entry in PAGES if entry.file == "jobs.py")


def job_tray(services: Services) -> None:
    """Show running jobs; refreshes every second while one runs, and redraws the page when it ends."""
    active = not services.supervisor.idle
    st.fragment(_tray, run_every="1s" if active else None)(services, was_active=active)


def _tray(services: Services, *, was_active: bool) -> None:
    if services.supervisor.idle:
        if was_active:
            st.rerun(scope="app")
        return
    jobs = services.workspace.jobs.find(states=("queued", "running", "cancelling"))
    running = [job for job in jobs if job.state != "queued"]
    with st.container(border=True, gap="xsmall"):
        for job in running:
            live = services.supervisor.live(job)
            st.markdown(f"**{plain(job.title)}**")
            st.progress(live.fraction if live else 0.0)
            st.caption(progress_text(job, live))
        waiting = len(jobs) - len(running)
        if waiting:
            st.caption(f"{waiting} more waiting")
        st.page_link(JOBS_PAGE.path, label="All jobs", icon=JOBS_PAGE.icon)
