"""A row of clips to look at: stills with a caption, each played on a click."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain
from app.media import media_url, playable_url
from app.navigation import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.services import Services

__all__ = ["clip_wall", "library_link", "pair_view", "play"]

CARD_PX = 150
LIBRARY = "library.py"


def clip_wall(services: Services, clips: Iterable[tuple[str, str]], *, key: str) -> None:
    """`(clip_id, caption)` as stills, in this order."""
    with st.grid(min_column_width=CARD_PX, gap="small"):
        for number, (clip_id, caption) in enumerate(clips):
            with st.container(gap="xsmall", key=f"{key}-{number}"):
                still(services, clip_id)
                st.caption(plain(caption))
                if st.button("Watch", key=f"{key}-watch-{number}", icon=":material/play_arrow:", type="tertiary"):
                    watch(services, clip_id)


def still(services: Services, clip_id: str) -> None:
    """A clip's thumbnail, or a quiet place for it."""
    found = services.workspace.media.get(clip_id, "thumbnail")
    if found:
        st.image(media_url(found["file"]), width="stretch")
    else:
        st.caption(":material/image: no picture yet")


@st.dialog("Clip", width="large")
def watch(services: Services, clip_id: str) -> None:
    """One clip, looping."""
    play(services, clip_id)
    st.caption(plain(clip_id))


def play(services: Services, clip_id: str) -> None:
    """The clip's own seconds of its video; says so where it can't be played yet."""
    windows = services.workspace.clips.windows([clip_id])
    url = None
    if windows:
        url = playable_url(services.workspace, services.workspace.videos.get(windows[0]["video_id"]))
    if url is None:
        st.info("There is no playable copy of this clip's video.", icon=":material/videocam_off:")
        return
    window = windows[0]
    source = html.escape(f"{url}#t={window['start_s']:.3f},{window['end_s']:.3f}", quote=True)
    st.html(f'<video src="{source}" controls muted playsinline preload="metadata" style="width:100%"></video>')


def pair_view(services: Services, left: str, right: str, said: str) -> None:
    """Two clips side by side; `said` is `left` or `right`."""
    columns = st.columns(2)
    for column, clip_id, side in zip(columns, (left, right), ("left", "right"), strict=True):
        with column:
            play(services, clip_id)
            st.caption(f"{plain(clip_id)}{' · chosen' if side == said else ''}")


def library_link(clip_ids: Sequence[str], *, key: str) -> None:
    """A button that shows these clips in the Library; nothing while there is none, or nothing to show."""
    page = next((entry for entry in PAGES if entry.file == LIBRARY), None)
    if page is None or not clip_ids:
        return
    if st.button(f"Show {len(clip_ids):,} in the Library", key=key, icon=":material/filter_alt:"):
        st.session_state["library_clip_ids"] = list(clip_ids)
        st.switch_page(page.path)
