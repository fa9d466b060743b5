"""The state of a place in which nothing is yet: what it is for, and one action that leads on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from app.navigation import page_entry

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["empty_state", "leads_to"]


def empty_state(icon: str, title: str, text: str) -> DeltaGenerator:
    """Draw the box, `text` as one sentence; returns the container for its action, which it always has."""
    name = re.sub(r"\W+", "-", title).strip("-").lower()
    box = st.container(border=True, horizontal_alignment="center", gap="small", key=f"empty-{name}")
    with box:
        st.space("small")
        st.markdown(f"### {icon} {title}", text_alignment="center", width="content")
        st.markdown(text, text_alignment="center", width="content")
        actions = st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center")
        st.space("small")
    return actions


def leads_to(file: str, words: str, *, icon: str = "", about: str | None = None, **address: str) -> None:
    """The link to a page, as an empty state's action and everywhere else: with that page's icon, or another.

    `about`: its tooltip. `address`: parameters of the page's address.
    """
    entry = page_entry(file)
    st.page_link(
        entry.path, label=words, icon=icon or entry.icon, help=about, width="content", query_params=address or None
    )
