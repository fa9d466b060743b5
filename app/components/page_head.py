"""The one line at the top of every page: its title, what it is about, and its primary action at the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamlit.delta_generator import DeltaGenerator

__all__ = ["page_head"]

STICKY = Path(__file__).with_name("sticky_head.css")


def page_head(
    title: str,
    about: str = "",
    *,
    stays: bool = False,
    back: tuple[str, Callable[[], None]] | None = None,
    parts: tuple[str, Sequence[str]] | None = None,
) -> DeltaGenerator:
    """Draw the head, both texts as Markdown; returns the container for the page's primary action.

    `stays`: it is in sight wherever the page is scrolled to.
    `back`: where the page's one thing is one of many, the words of the button that leads back, and what it does.
    `parts`: the session key of the page's open part, and the parts' names.
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
        with st.container(key="page-head-title", horizontal=True, vertical_alignment="center", gap="medium"):
            if back is not None:
                st.button(
                    back[0],
                    icon=":material/arrow_back:",
                    type="tertiary",
                    key="page-head-back",
                    on_click=uninterrupted(back[1]),
                )
            st.title(title, width="content", anchor=False)
            if parts is not None:
                st.segmented_control(
                    "Part", list(parts[1]), required=True, label_visibility="collapsed", key=parts[0], width="content"
                )
            if about:
                st.caption(about, width="content")
        return st.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="center", width="content", gap="small"
        )
