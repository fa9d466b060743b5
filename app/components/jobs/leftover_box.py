"""Shows the files that finished jobs left on disk, with the button that deletes them."""

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
    """Show how many jobs left files; nothing where none did."""
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
    """Ask for confirmation with the size; computing it looks at every file, so it is done on demand."""
    st.markdown(f"{leftover_words(leftovers(services.workspace, sizes=True))}. What happened stays.")
    if st.button("Delete them", type="primary", key="jobs-clean-go", on_click=remove, args=(services,)):
        st.rerun()


def remove(services: Services) -> None:
    """Delete the files, and show how much space that freed."""
    gone = clean(services.workspace)
    st.toast(f"{size(gone.size_bytes or 0)} freed", icon=":material/check:")
