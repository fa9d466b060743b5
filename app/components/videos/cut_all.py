"""Cuts many videos into clips at once, with a preview of the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.press import pressed
from app.components.videos.clip_choice import clip_choice
from app.text import named, plural
from app.workflows.clipping import cut_job, preview_some
from engine.settings.data import DataSettings

if TYPE_CHECKING:
    from collections.abc import Collection

    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services

__all__ = ["cut_all", "cut_button"]

WHICH = {"bare": "Videos without clips", "all": "All videos"}


def cut_all(services: Services, head: DeltaGenerator) -> None:
    """Choose the videos and the method; the counts follow every change. The button stands in the page's `head`."""
    workspace = services.workspace
    bare = workspace.videos.without_clips()
    with st.expander(_title(bare), icon=":material/content_cut:", key="cut-all"):
        which = st.segmented_control(
            "Of", list(WHICH), format_func=named(WHICH), default="bare", required=True, key="cut-which"
        )
        videos = workspace.videos.find(ids=bare if which == "bare" else None)
        method, clipping, fields = clip_choice(
            workspace.settings.load(DataSettings).clipping, key="cut-all", default="stride"
        )
        if method == "shots":
            said = f"{plural(len(videos), 'video')} are looked through for cuts, in the background."
        else:
            summary, looked_at = preview_some(workspace, videos, method, clipping)
            sentence = f"{summary.sentence[0].upper()}{summary.sentence[1:]}"
            of = f"the first {looked_at:,} of " if looked_at < len(videos) else ""
            said = (
                f"{sentence}, of {of}{plural(len(videos), 'video')}. Windows that are clips already stay as they are."
            )
        if videos:
            st.markdown(said)
    none = "" if videos else f"Every video has clips. To cut them again, choose “{WHICH['all']}” below."
    with head:
        go = cut_button(fields.problem or none, said)
    if go:
        job = cut_job(method, clipping, videos)
        services.supervisor.submit(job.title, job.spec)
        st.toast(f"{job.title}: begun.", icon=":material/content_cut:")
        st.rerun()


def cut_button(why_not: str, about: str = "") -> bool:
    """The page's primary action; whether it was pressed."""
    return pressed(
        "Make clips", key="cut-all-go", type="primary", icon=":material/content_cut:", help=about, why_not=why_not
    )


def _title(bare: Collection[str]) -> str:
    return f"How clips are made: {plural(len(bare), 'video')} without clips" if bare else "How clips are made"
