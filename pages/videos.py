"""The Videos page: play every source recording, see its clips on a timeline, and mark clips by hand."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.feedback import code, empty_state, plain
from app.components.page_head import page_head
from app.components.videos.cut_all import cut_all
from app.components.videos.video_view import video_view
from app.components.videos.video_wall import video_wall
from app.services import open_services

services = open_services()
workspace = services.workspace
chosen = st.query_params.get("video")

if chosen and workspace.videos.known_ids([chosen]):
    video = workspace.videos.get(chosen)
    if st.button("All videos", icon=":material/arrow_back:", type="tertiary"):
        del st.query_params["video"]
        st.rerun()
    page_head(plain(Path(video.path).name))
    video_view(services, video)
else:
    page_head("Videos")
    if chosen:
        st.info(f"There is no video {code(chosen)} in this workspace any more.", icon=":material/info:")
    if workspace.videos.count():
        video_wall(services)
        cut_all(services)
    else:
        with empty_state(
            ":material/video_library:", "No videos yet", "Imported recordings show here, with their clips."
        ):
            st.page_link("../pages/import_videos.py", label="Import videos", icon=":material/video_call:")
    waiting = workspace.segments.waiting()
    if waiting:
        st.subheader("Annotated, but not here yet")
        st.caption("Import a video of one of these names and its annotations become clips by themselves.")
        st.dataframe(
            [{"video": row.video_name, "source": row.source, "segments": row.segments} for row in waiting],
            hide_index=True,
            key="waiting-videos",
        )
