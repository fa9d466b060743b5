"""Errors, empty states, badges: said in the same way everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.text import plural

if TYPE_CHECKING:
    from engine.errors import HandpickedError

__all__ = ["STATE_COLOURS", "empty_state", "plain", "show_error", "state_badge", "synthetic_note"]

STATE_COLOURS = {
    "queued": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/play_arrow:"),
    "cancelling": ("orange", ":material/stop_circle:"),
    "cancelled": ("gray", ":material/block:"),
    "done": ("green", ":material/check:"),
    "failed": ("red", ":material/error:"),
    "interrupted": ("orange", ":material/pause_circle:"),
}


def plain(text: str) -> str:
    """`text` with nothing in it that Markdown would take for its own: file names and narrations are not ours."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|<>~:$" else c for c in text).replace("\n", " ⏎ ")


def show_error(error: HandpickedError) -> None:
    """What happened, and the way out."""
    remedy = f"\n\n{plain(error.remedy)}" if error.remedy else ""
    body = "\n\n".join(plain(line) for line in error.message.splitlines())
    st.error(f"{body}{remedy}", icon=":material/error:")


def state_badge(state: str) -> None:
    """A job's state."""
    color, icon = STATE_COLOURS[state]
    st.badge(state, icon=icon, color=color)


def synthetic_note(synthetic: int, clips: int) -> None:
    """Says it, wherever numbers about clips show: `synthetic` of the `clips` are of rendered sample videos."""
    if synthetic:
        which = "all clips" if synthetic == clips else f"{synthetic:,} of {plural(clips, 'clip')}"
        st.badge(f"Synthetic: {which} rendered, not recorded", icon=":material/movie_edit:", color="blue")


def empty_state(icon: str, title: str, text: str) -> st.delta_generator.DeltaGenerator:
    """A quiet box that says what to do; returns the container for the button that does it."""
    box = st.container(border=True, horizontal_alignment="center", gap="small")
    with box:
        st.space("small")
        st.markdown(f"### {icon} {title}", text_alignment="center", width="content")
        st.markdown(text, text_alignment="center", width="content")
        actions = st.container(horizontal=True, horizontal_alignment="center")
        st.space("small")
    return actions
