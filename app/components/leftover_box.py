"""What finished jobs left on disk, and the button that removes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.reports.leftover_words import leftover_words
from app.text import size
from app.workflows.leftovers import clean, leftovers

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["leftover_box"]


def leftover_box(services: Services) -> None:
    """Say how much there is; nothing where there is nothing."""
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
            gone = clean(services.workspace)
            st.toast(f"{size(gone.size_bytes)} freed", icon=":material/check:")
            st.rerun()
