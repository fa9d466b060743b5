"""Detects a click on the sidebar's link to the present page, which closes the clip or video open there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger
from app.components.browser.script import component_script

__all__ = ["page_was_asked_for_again"]

_component = st.components.v2.component(
    "asked_for_again",
    html="<span></span>\n",
    js=component_script(Path(__file__).with_name("leave.js")),
)


def page_was_asked_for_again(*, key: str) -> bool:
    """Whether such a click caused this run. Streamlit keeps the page's address then and reports nothing."""
    _component(key=key, on_left_change=hold_trigger(key, "left"))
    return bool(take_trigger(key, "left"))
