"""Shows errors, remarks and badges in the same way on all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.states.looks import STATE_LOOKS
from app.components.states.refused import refused_state
from app.text import plural

if TYPE_CHECKING:
    from engine.errors import HandpickedError
    from storage.jobs import JobState

__all__ = ["remark", "show_error", "state_badge", "synthetic_note"]


def show_error(error: HandpickedError) -> None:
    """Show an error with its remedy: what was refused."""
    title, *more = error.message.splitlines() or [""]
    refused_state(title, [*more, *filter(None, [error.remedy])])


def remark(text: str, icon: str = ":material/info:") -> None:
    """A remark on what is shown, as Markdown: something to know, that stops nobody."""
    st.markdown(f":orange[{icon}] {text}")


def state_badge(state: JobState, about: str | None = None) -> None:
    """A job's state as a badge, with `about` as its tooltip."""
    look = STATE_LOOKS[state]
    st.badge(state, icon=look.icon, color=look.colour, help=about)


def synthetic_note(synthetic: int, clips: int) -> None:
    """A note beside numbers about clips: `synthetic` of the `clips` are from rendered sample videos."""
    if synthetic:
        which = "all clips" if synthetic == clips else f"{synthetic:,} of {plural(clips, 'clip')}"
        st.badge(f"Synthetic: {which} rendered, not recorded", icon=":material/movie_edit:", color="blue")
