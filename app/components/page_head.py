"""The one line at the top of every page: its title, what it is about, and its primary action at the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["page_head"]

STICKY = Path(__file__).with_name("sticky_head.css")


def page_head(title: str, about: str = "", *, stays: bool = False) -> DeltaGenerator:
    """Draw the head, both texts as Markdown; returns the container for the page's primary action.

    A head that `stays` is in sight wherever the page is scrolled to.
    """
    if stays:
        st.html(STICKY)
    with st.container(
        key="page-head",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="medium",
    ):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.title(title, width="content", anchor=False)
            if about:
                st.caption(about, width="content")
        return st.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="center", width="content", gap="small"
        )
