"""A wall of all videos' posters, with search, filter, sort and pages; a click opens one."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.states.empty import empty_state
from app.markdown_text import plain
from app.media import media_url
from app.text import duration, named, plural

if TYPE_CHECKING:
    from app.services import Services
    from storage.videos import ListedVideo, VideoShown, VideoSort

__all__ = ["video_wall"]

PAGE_SIZE = 24
CARD_PX = 190
CSS = Path(__file__).with_name("video_wall.css")
SORTS: dict[VideoSort, str] = {
    "name": "By name",
    "imported": "Imported last",
    "longest": "Longest first",
    "clips": "Most clips first",
}
SHOWN: dict[VideoShown, str] = {"all": "All", "with": "With clips", "without": "Without clips"}


def video_wall(services: Services) -> None:
    """Draw posters of the videos, `PAGE_SIZE` a page, searched by name or path."""
    videos = services.workspace.videos
    st.html(CSS)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = st.text_input(
            "Search", placeholder="Search by name or folder", key="video-search", icon=":material/search:",
            label_visibility="collapsed", width=230,
        )  # fmt: skip
        shown = st.segmented_control(
            "Show", list(SHOWN), format_func=named(SHOWN), default="all", required=True, key="video-shown",
            label_visibility="collapsed",
        )  # fmt: skip
        sort = st.selectbox(
            "Sort", list(SORTS), format_func=named(SORTS), key="video-sort", label_visibility="collapsed", width=170
        )
        found = videos.count(search=search, shown=shown)
        if search or shown != "all":
            st.caption(plural(found, "video"))
    pages = max(1, -(-found // PAGE_SIZE))
    page = st.pagination(pages, key="video-page") if pages > 1 else 1
    rows = videos.overview(search=search, shown=shown, sort=sort, limit=PAGE_SIZE, offset=((page or 1) - 1) * PAGE_SIZE)
    if not rows:
        with empty_state(":material/search_off:", "No video is like that", "No name or folder holds these words."):
            st.button("Show all videos", on_click=uninterrupted(_show_all))
    with st.grid(min_column_width=CARD_PX, gap="small"):
        for row in rows:
            card(row)


def _show_all() -> None:
    st.session_state["video-search"] = ""
    st.session_state["video-shown"] = "all"


def card(row: ListedVideo) -> None:
    """Draw one video: poster, name, main facts."""
    video = row.video
    with st.container(gap=None, height="stretch", key=f"video-card-{video.video_id}"):
        st.html(poster(row))
        name = video.place.title
        with st.container(key=f"video-name-{video.video_id}"):
            st.button(
                plain(name),
                key=f"open-{video.video_id}",
                type="tertiary",
                help=plain(str(video.place)),
                on_click=uninterrupted(_open),
                args=(video.video_id,),
            )
        st.caption(f"{duration(video.duration_s)} · {video.width}×{video.height} · {plural(row.clips, 'clip')}")
        if not video.place.exists():
            st.badge("moved or missing", icon=":material/link_off:", color="orange")


def _open(video_id: str) -> None:
    st.query_params["video"] = video_id


def poster(row: ListedVideo) -> str:
    """A video's picture as HTML: whole and at one height, on a blurred fill of itself."""
    if not row.poster:
        return "<div class='poster'></div>"
    url = html.escape(media_url(row.poster), quote=True)
    return f"<div class='poster'><img class='fill' src='{url}' alt=''><img class='whole' src='{url}' alt=''></div>"
