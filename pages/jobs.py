"""The Jobs page: running, past and failed jobs."""

from __future__ import annotations

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.jobs.card import job_card
from app.components.jobs.clean_up import clean_up
from app.components.page_head import page_head
from app.components.states.empty import empty_state, leads_to
from app.services import open_services
from storage.jobs import ACTIVE, ENDED

PAGE_SIZE = 20

services = open_services()
head = page_head("Jobs")

active = bool(services.workspace.jobs.find(states=ACTIVE, limit=1))


@st.fragment(run_every="1s" if active else None)
def job_list() -> None:
    """The jobs, refreshed while one runs."""
    under_way = services.workspace.jobs.find(states=ACTIVE)
    if under_way and not active:
        st.rerun(scope="app")  # one was resumed: from now on this is drawn anew every second
    for job in sorted(under_way, key=lambda job: (job.state == "queued", job.job_id)):
        job_card(services, job)  # those that run first, then the queue in its order
    jobs = services.workspace.jobs.find(states=ENDED, limit=PAGE_SIZE * st.session_state.get("jobs-pages", 1))
    drawn = {job.job_id for job in under_way}  # one of them may have ended between the two questions
    for job in jobs:
        if job.job_id not in drawn:
            job_card(services, job)
    if len(jobs) == PAGE_SIZE * st.session_state.get("jobs-pages", 1):
        st.button("Show older", on_click=uninterrupted(show_older))


def show_older() -> None:
    """One page more of the jobs that have ended."""
    st.session_state["jobs-pages"] = st.session_state.get("jobs-pages", 1) + 1


if services.workspace.jobs.find(limit=1):
    with head:
        clean_up(services)
    job_list()
else:
    with empty_state(":material/manufacturing:", "No jobs yet", "Long work runs here, in the background."):
        leads_to("import_videos.py", "Import videos")
