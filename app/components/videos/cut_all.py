"""Cuts many videos into clips at once, with a preview of the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.videos.clip_choice import clip_choice
from app.text import named, plural
from app.workflows.clipping import cut_job, preview_some
from engine.settings.data import DataSettings

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["cut_all"]

WHICH = {"bare": "Videos without clips", "all": "All videos"}


def cut_all(services: Services) -> None:
    """Choose the videos and the method; the counts follow every change."""
    workspace = services.workspace
    with st.expander("Make clips of many videos", icon=":material/content_cut:"):
        bare = workspace.videos.without_clips()
        which = st.segmented_control(
            "Of",
            list(WHICH),
            format_func=named(WHICH),
            default="bare" if bare else "all",
            required=True,
            key="cut-which",
        )
        videos = workspace.videos.find(ids=bare if which == "bare" else None)
        method, clipping, fields = clip_choice(
            workspace.settings.load(DataSettings).clipping, key="cut-all", default="stride"
        )
        if method == "shots":
            st.caption(f"{plural(len(videos), 'video')} are looked through for cuts, in the background.")
        else:
            summary, looked_at = preview_some(workspace, videos, method, clipping)
            sentence = f"{summary.sentence[0].upper()}{summary.sentence[1:]}"
            of = f"the first {looked_at:,} of " if looked_at < len(videos) else ""
            st.markdown(
                f"{sentence}, of {of}{plural(len(videos), 'video')}. Windows that are clips already stay as they are."
            )
        if fields.button("Make clips", type="primary", key="cut-all-go", disabled=not videos):
            job = cut_job(method, clipping, videos)
            services.supervisor.submit(job.title, job.spec)
            st.toast(f"{job.title}: begun.", icon=":material/content_cut:")
            st.rerun()
