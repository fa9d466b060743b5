"""A result page's one verdict: a sentence, one action, the evidence folded under it; and its short form, a badge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.markdown_text import plain
from app.navigation import page_path

if TYPE_CHECKING:
    from app.components.states.looks import BadgeColour
    from app.reports.verdicts import Verdict

__all__ = ["verdict_badge", "verdict_strip"]

MARKS: dict[str, tuple[BadgeColour, str]] = {
    "good": ("green", ":material/check_circle:"),
    "open": ("orange", ":material/help:"),
    "bad": ("red", ":material/cancel:"),
    "plain": ("gray", ":material/info:"),
}


def verdict_strip(verdict: Verdict, *, key: str) -> None:
    """Draw the strip. The evidence is in order of weight."""
    colour, icon = MARKS[verdict.standing]
    with st.container(border=True, key=f"verdict-{key}"):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            st.markdown(f":{colour}[{icon}] **{plain(verdict.sentence)}**", width="stretch")
            step = verdict.step
            path = page_path(step.file) if step is not None else None
            if step is not None and path is not None and st.button(step.words, key=f"verdict-{key}-step"):
                st.switch_page(path)
        if verdict.evidence:
            with st.expander("Why", key=f"verdict-{key}-why"):
                for found in verdict.evidence:
                    tone, mark = MARKS[found.tone]
                    st.markdown(f":{tone}[{mark}] {plain(found.text)}")


def verdict_badge(verdict: Verdict) -> None:
    """The short form, wherever the reward is used."""
    colour, icon = MARKS[verdict.standing]
    st.badge(plain(verdict.badge), icon=icon, color=colour)
