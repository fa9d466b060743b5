"""A wall of all videos' posters, with search and pages; a click opens one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain
from app.media import media_url
from app.text import duration, plural

if TYPE_CHECKING:
    from app.services import Services
    from storage.videos import ListedVideo

__all__ = ["video_wall"]

PAGE_SIZE = 24
CARD_PX = 190
POSTER_PX = 130
NAME_LETTERS = 21


def video_wall(services: Services) -> None:
    """Draw posters of the videos, `PAGE_SIZE` a page, searched by name or path."""
    videos = services.workspace.videos
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", placeholder="Name or folder", key="video-search", icon=":material/search:", width=360
        )
        found = videos.count(search=search)
        st.caption(plural(found, "video"))
    pages = max(1, -(-found // PAGE_SIZE))
    page = st.pagination(pages, key="video-page") if pages > 1 else 1
    rows = videos.overview(search=search, limit=PAGE_SIZE, offset=((page or 1) - 1) * PAGE_SIZE)
    if not rows:
        st.info("Nothing has that in its name or path.", icon=":material/search_off:")
    with st.grid(min_column_width=CARD_PX, gap="small"):
        for row in rows:
            card(row)


def card(row: ListedVideo) -> None:
    """Draw one video: poster, name, main facts."""
    video = row.video
    with st.container(border=True, gap="xsmall", height="stretch"):
        # Portrait and landscape recordings get boxes of the same height, so that rows align.
        with st.container(height=POSTER_PX, border=False, horizontal_alignment="center", vertical_alignment="center"):
            if row.poster:
                tall = video.height > video.width
                st.image(
                    media_url(row.poster),
                    width=round(POSTER_PX * video.width / video.height) if tall else "stretch",
                )
        name = Path(video.path).name
        if st.button(plain(shortened(name)), key=f"open-{video.video_id}", type="tertiary", help=plain(video.path)):
            st.query_params["video"] = video.video_id
            st.rerun()
        st.caption(f"{duration(video.duration_s)} · {video.width}×{video.height} · {plural(row.clips, 'clip')}")
        if not Path(video.path).exists():
            st.badge("moved or missing", icon=":material/link_off:", color="orange")


def shortened(name: str) -> str:
    """A long name with its middle left out: file names differ at their ends."""
    if len(name) <= NAME_LETTERS:
        return name
    keep = NAME_LETTERS // 2 - 1
    return f"{name[:keep]}…{name[-keep:]}"
