"""Overview: what is in the workspace, and the next step."""

from __future__ import annotations

import streamlit as st

from app.components.feedback import empty_state
from app.services import open_services
from app.text import duration, plural, size

IMPORT = "../pages/import_videos.py"
VIDEOS = "../pages/videos.py"

services = open_services()
workspace = services.workspace
totals = workspace.videos.totals()
st.title("Overview")


if not totals.videos and not totals.segments_waiting:
    with empty_state(
        ":material/video_call:",
        "Start with some first-person video",
        "Handpicked cuts it into clips and finds, from a few hundred of your choices, what is worth training on.",
    ):
        if st.button("Import videos", type="primary", icon=":material/video_call:"):
            st.switch_page(IMPORT)
    st.stop()

with st.container(horizontal=True):
    st.metric("Videos", f"{totals.videos:,}", border=True)
    st.metric("Footage", duration(totals.video_s), border=True)
    st.metric("Clips", f"{totals.clips:,}", border=True)
    st.metric("In clips", duration(totals.clip_s), border=True)
    st.metric("On disk", size(totals.video_bytes), border=True)

st.subheader("Next step")
with st.container(border=True, horizontal=True, vertical_alignment="center"):
    if not totals.videos:
        st.markdown(
            f"**{plural(totals.segments_waiting, 'annotation')} wait for their videos.** "
            "Import the videos and their clips appear by themselves."
        )
        if st.button("Import videos", type="primary", icon=":material/video_call:"):
            st.switch_page(IMPORT)
    elif not totals.clips:
        st.markdown("**The videos have no clips yet.** Choose how to cut them.")
        if st.button("Make clips", type="primary", icon=":material/content_cut:"):
            st.switch_page(VIDEOS)
    else:
        st.markdown(f"**{plural(totals.clips, 'clip')} are ready.** Look through them, or import more video.")
        if st.button("Look at the videos", type="primary", icon=":material/video_library:"):
            st.switch_page(VIDEOS)

st.subheader("Where the clips stand")
pictured = totals.clips - len(workspace.clips.without_media("thumbnail"))
with st.container(border=True):
    for label, done in (("Cut", totals.clips), ("With pictures", pictured)):
        st.progress(done / totals.clips if totals.clips else 0.0, f"{label}: {done:,} of {totals.clips:,}")
