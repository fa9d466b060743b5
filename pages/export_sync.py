"""The Export & Sync page: export the best clips as a list or as files, repeat past exports, sync a shared bucket."""

from __future__ import annotations

import streamlit as st

from app.components.export.answer import follow_job
from app.components.export.export_choice import export_choice
from app.components.export.past_exports import past_exports
from app.components.export.sync_box import sync_box
from app.components.page_head import page_head
from app.components.states.done import done_state
from app.components.states.empty import empty_state, leads_to
from app.markdown_text import plain
from app.services import open_services

services = open_services()
workspace = services.workspace
action = page_head("Export & Sync", stays=True)
# A container that is always there: an element that appears above the tabs would reset them to the first one.
answers = st.container()

export, past, sync = st.tabs(["Export", "Past exports", "Shared bucket"], key="export-tabs", on_change="rerun")
with export:
    if workspace.clips.count():
        # Its button stands in the head only while its choices are in sight, and what comes of it right below.
        export_choice(services, action if export.open else st.container(), answers if export.open else st.container())
    else:
        with empty_state(
            ":material/ios_share:", "Nothing to export yet", "Imported and scored clips are exported from here."
        ):
            leads_to("import_videos.py", "Import videos")
with past:
    past_exports(services)
with sync:
    if "sync-said" in st.session_state:
        done_state(plain(st.session_state.pop("sync-said")), key="sync-said")
    follow_job(services, st.session_state.get("sync-job"))
    sync_box(services)
