"""The Export & Sync page: export the best clips as a list or as files, repeat past exports, sync a shared bucket."""

from __future__ import annotations

import streamlit as st

from app.components.export.export_choice import export_choice
from app.components.export.past_exports import past_exports
from app.components.export.sync_box import sync_box
from app.components.jobs.card import job_card
from app.components.page_head import page_head
from app.components.states.empty import empty_state
from app.services import open_services

services = open_services()
workspace = services.workspace
page_head("Export & Sync")

# A container that is always there: an element that appears above the tabs would reset them to the first one.
with st.container():
    if "export-said" in st.session_state:
        st.success(st.session_state.pop("export-said"), icon=":material/check:")


def job_of(key: str) -> None:
    """The job that this page started, refreshed while it runs."""
    job_id = st.session_state.get(key)
    if job_id is None:
        return
    active = workspace.jobs.get(job_id).active

    @st.fragment(run_every="1s" if active else None)
    def progress() -> None:
        """Draw the job's card."""
        job = workspace.jobs.get(job_id)
        if active and not job.active:
            st.rerun(scope="app")
        job_card(services, job)

    progress()


export, past, sync = st.tabs(["Export", "Past exports", "Shared bucket"], key="export-tabs")
with export:
    job_of("export-job")
    if "export-job" in st.session_state:
        st.caption(st.session_state.get("export-went", ""))
    if workspace.clips.count():
        export_choice(services)
    else:
        with empty_state(
            ":material/ios_share:", "Nothing to export yet", "Imported and scored clips are exported from here."
        ):
            st.page_link("../pages/import_videos.py", label="Import videos", icon=":material/video_call:")
with past:
    past_exports(services)
with sync:
    job_of("sync-job")
    sync_box(services)
