"""The frame around all pages (navigation, logo, job tray); Streamlit runs it at every interaction."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.components.browser.messages import forget_triggers
from app.components.feedback import show_error
from app.components.jobs.tray import job_news, job_tray
from app.components.page_head import page_head
from app.components.palette.palette import palette
from app.components.press import forget_presses
from app.markdown_text import code, plain
from app.navigation import ARRIVED, PAGES, group_titles
from app.services import open_services
from engine.errors import HandpickedError

ASSETS = Path(__file__).with_name("assets")
STATES = Path(__file__).with_name("components") / "states" / "states.css"
SIDEBAR_PX = 232

# Both pictures are files in the package: a Material icon here would be fetched from the internet.
st.set_page_config("Handpicked", ASSETS / "icon.svg", layout="wide", initial_sidebar_state=SIDEBAR_PX)
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "icon.svg", size="large")
st.html(ASSETS / "frame.css")
st.html(STATES)
st.html(f"<style>{group_titles()}</style>")
pages = [
    st.Page(entry.path, title=entry.title, icon=entry.icon, url_path=entry.url_path, default=entry is PAGES[0])
    for entry in PAGES
]
run = get_script_run_ctx()
asked_for = run.page_script_hash if run else ""
current = st.navigation(pages, expanded=True)  # otherwise all after the twelfth are folded away
for page in pages:
    # Streamlit keeps the page that is asked for once for all runs of a session (`PagesManager.set_script_intent`). The
    # run in which a job's end redraws the page before may write it between a click on another page and this line, and
    # would throw the user back.
    if page._script_hash == asked_for != current._script_hash:  # noqa: SLF001 -- no public name tells what was asked for
        st.switch_page(page, query_params={key: st.query_params.get_all(key) for key in st.query_params})

st.session_state[ARRIVED] = st.session_state.get("page") != current.url_path
st.session_state["page"] = current.url_path
if st.session_state[ARRIVED]:
    forget_presses()
    forget_triggers()

try:
    services = open_services()
except HandpickedError as error:
    page_head("This workspace can't be opened")
    show_error(error)
    if st.button("Try again", type="primary", icon=":material/refresh:"):
        st.rerun()
    st.stop()

with st.sidebar:
    job_tray(services)
    palette(services, next(entry for entry in PAGES if entry.url_path == (current.url_path or PAGES[0].url_path)))
    st.caption(f"Workspace  \n{code(services.workspace.root.name)}", help=plain(str(services.workspace.root)))

job_news(services)

try:
    current.run()
except HandpickedError as error:
    show_error(error)
