"""The Videos page: play every source recording, see its clips on a timeline, and mark clips by hand."""

from __future__ import annotations

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.page_head import page_head
from app.components.states.empty import empty_state, leads_to
from app.components.videos.cut_all import cut_all, cut_button
from app.components.videos.video_view import video_view
from app.components.videos.video_wall import video_wall
from app.markdown_text import code, plain
from app.services import open_services
from app.text import plural

services = open_services()
workspace = services.workspace
chosen = st.query_params.get("video")


def all_videos() -> None:
    """Back from one video."""
    st.query_params.pop("video", None)


if chosen and workspace.videos.known_ids([chosen]):
    video = workspace.videos.get(chosen)
    head = page_head(plain(video.place.title), back=("All videos", all_videos))
    video_view(services, video, head)
elif chosen:
    page_head("Videos")
    with empty_state(
        ":material/video_library:", "This video is not here any more", f"No video of this workspace is {code(chosen)}."
    ):
        st.button("All videos", icon=":material/arrow_back:", on_click=uninterrupted(all_videos))
else:
    count = workspace.videos.count()
    head = page_head("Videos", plural(count, "video") if count else "")
    if count:
        cut_all(services, head)
        video_wall(services)
    else:
        with head:
            cut_button("There are no videos to cut yet.")
        with empty_state(
            ":material/video_library:", "No videos yet", "Imported recordings show here, with their clips."
        ):
            leads_to("import_videos.py", "Import videos")
    waiting = workspace.segments.waiting()
    if waiting:
        st.subheader("Annotated, but not here yet")
        st.caption("Import a video of one of these names and its annotations become clips by themselves.")
        st.dataframe(
            [{"video": row.video_name, "source": row.source, "segments": row.segments} for row in waiting],
            hide_index=True,
            key="waiting-videos",
        )
