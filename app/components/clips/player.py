"""Plays one clip."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.unplayable import say_unplayable
from app.media import footage_of

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["play"]


def play(services: Services, clip_id: str) -> None:
    """Play the clip's window of its video, or say why it can't be played yet."""
    window = next(iter(services.workspace.clips.windows([clip_id])), None)
    if window is None:
        st.caption("This clip is not in the workspace any more.")
        return
    video = services.workspace.videos.get(window.video_id)
    footage = footage_of(services.workspace, video)
    if footage is None:
        say_unplayable(services, video)
        return
    source = html.escape(footage.window(window.start_s, window.end_s), quote=True)
    st.html(f'<video src="{source}" controls muted playsinline preload="metadata" style="width:100%"></video>')
