"""The Jobs page: running, past and failed jobs."""

from __future__ import annotations

import streamlit as st

from app.components.feedback import empty_state
from app.components.jobs.card import job_card
from app.components.jobs.leftover_box import leftover_box
from app.components.page_head import page_head
from app.services import open_services
from storage.jobs import ACTIVE, ENDED

PAGE_SIZE = 20

services = open_services()
page_head("Jobs")

active = not services.supervisor.idle


@st.fragment(run_every="1s" if active else None)
def job_list() -> None:
    """The jobs, refreshed while one runs."""
    under_way = services.workspace.jobs.find(states=ACTIVE)
    for job in sorted(under_way, key=lambda job: (job.state == "queued", job.job_id)):
        job_card(services, job)  # those that run first, then the queue in its order
    jobs = services.workspace.jobs.find(states=ENDED, limit=PAGE_SIZE * st.session_state.get("jobs-pages", 1))
    drawn = {job.job_id for job in under_way}  # one of them may have ended between the two questions
    for job in jobs:
        if job.job_id not in drawn:
            job_card(services, job)
    if len(jobs) == PAGE_SIZE * st.session_state.get("jobs-pages", 1) and st.button("Show older"):
        st.session_state["jobs-pages"] = st.session_state.get("jobs-pages", 1) + 1
        st.rerun(scope="fragment")


if services.workspace.jobs.find(limit=1):
    job_list()
    leftover_box(services)
else:
    with empty_state(":material/manufacturing:", "No jobs yet", "Long work runs here, in the background."):
        st.page_link("../pages/import_videos.py", label="Import videos", icon=":material/video_call:")
