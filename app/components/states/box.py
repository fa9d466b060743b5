"""The box that running, failed and done share: one line with icon, title, a quiet remark and actions at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.states.looks import STATE_LOOKS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from storage.jobs import JobState

__all__ = ["state_box"]


def state_box(state: JobState, title: str, about: str = "", *, key: str | int) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Draw the line, both texts as Markdown; returns the box for what stands below, and the place of the actions."""
    box = st.container(border=True, gap="small", key=f"state-{state}-{key}")
    with box, st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{STATE_LOOKS[state].mark} **{title}**", width="content" if about else "stretch")
        if about:
            st.caption(about, width="stretch")
        actions = st.container(horizontal=True, vertical_alignment="center", width="content", gap="small")
    return box, actions
