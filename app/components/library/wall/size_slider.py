"""The slider for the size of the wall's cards. The browser keeps the size: Python never needs it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.browser.script import component_script

__all__ = ["size_slider"]

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "size_slider",
    html="<div class='root'></div>\n",
    css=(HERE / "size_slider.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "size_slider.js"),
)


def size_slider() -> None:
    """Draw the slider."""
    _component(key="library-size", data={})
