"""Hears that somebody clicked the sidebar's link to the page they are on: they want to leave what is open there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.browser.script import component_script

__all__ = ["page_was_asked_for_again"]

_component = st.components.v2.component(
    "asked_for_again",
    html="<span></span>\n",
    js=component_script(Path(__file__).with_name("leave.js")),
)


def page_was_asked_for_again(*, key: str) -> bool:
    """Whether that was the click before this run. Streamlit itself keeps the page's address then, and says nothing."""
    return bool(_component(key=key, on_left_change=lambda: None).left)
