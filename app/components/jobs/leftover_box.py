"""What finished jobs left on disk, and the button that removes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.reports.leftover_words import leftover_words
from app.text import size
from app.workflows.jobs.leftovers import clean, leftovers

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["leftover_box"]


def leftover_box(services: Services) -> None:
    """Say of how many jobs there is something; nothing where there is nothing."""
    found = leftovers(services.workspace)
    if not found.places:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{leftover_words(found)}.",
            width="content",
            help="What happened stays: states, history, reasons of failures. Jobs that run, that can be resumed or "
            "tried again keep their files.",
        )
        if st.button("Clean up", icon=":material/delete_sweep:", type="tertiary", key="jobs-clean"):
            ask_first(services)


@st.dialog("Clean up")
def ask_first(services: Services) -> None:
    """Say how much would go; that takes a look at every file, so nobody is told before asking."""
    st.markdown(f"{leftover_words(leftovers(services.workspace, sizes=True))}. What happened stays.")
    if st.button("Delete them", type="primary", key="jobs-clean-go", on_click=remove, args=(services,)):
        st.rerun()


def remove(services: Services) -> None:
    """Delete them, and say how much that freed."""
    gone = clean(services.workspace)
    st.toast(f"{size(gone.size_bytes or 0)} freed", icon=":material/check:")
