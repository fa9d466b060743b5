"""The box that running, failed and done share: one line with icon, title, a quiet remark and actions at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["STATE_MARKS", "StateLook", "state_box"]

StateLook = Literal["queued", "running", "stopped", "failed", "done"]

STATE_MARKS: dict[StateLook, str] = {
    "queued": ":gray[:material/schedule:]",
    "running": ":blue[:material/play_circle:]",
    "stopped": ":orange[:material/pause_circle:]",
    "failed": ":red[:material/error:]",
    "done": ":green[:material/check_circle:]",
}


def state_box(look: StateLook, title: str, about: str = "", *, key: str | int) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Draw the line, both texts as Markdown; returns the box for what stands below, and the place of the actions."""
    box = st.container(border=True, gap="small", key=f"state-{look}-{key}")
    with box, st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{STATE_MARKS[look]} **{title}**", width="content" if about else "stretch")
        if about:
            st.caption(about, width="stretch")
        actions = st.container(horizontal=True, vertical_alignment="center", width="content", gap="small")
    return box, actions
