"""Plays one clip."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from app.media import footage_of

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["play"]


def play(services: Services, clip_id: str) -> None:
    """Play the clip's window of its video, or say why it can't be played yet."""
    windows = services.workspace.clips.windows([clip_id])
    footage = None
    if windows:
        footage = footage_of(services.workspace, services.workspace.videos.get(windows[0].video_id))
    if footage is None:
        st.info("There is no playable copy of this clip's video.", icon=":material/videocam_off:")
        return
    window = windows[0]
    source = html.escape(footage.window(window.start_s, window.end_s), quote=True)
    st.html(f'<video src="{source}" controls muted playsinline preload="metadata" style="width:100%"></video>')
