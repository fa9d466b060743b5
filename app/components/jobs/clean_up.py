"""Deletes the files that finished jobs left on disk, after asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.press import pressed
from app.reports.leftover_words import leftover_words
from app.text import size
from app.workflows.jobs.leftovers import clean, leftovers

if TYPE_CHECKING:
    from app.services import Services
    from app.workflows.jobs.leftovers import Leftovers

__all__ = ["clean_up"]


def clean_up(services: Services) -> None:
    """The button, inactive where no job left files."""
    found = leftovers(services.workspace)
    about = (
        f"{leftover_words(found)}. What happened stays: states, history, reasons of failures. Jobs that run, that can "
        "be resumed or tried again keep their files."
    )
    why_not = "" if found.places else "Finished jobs left no files behind."
    if pressed("Clean up", icon=":material/delete_sweep:", key="jobs-clean", help=about, why_not=why_not):
        ask_first(services)


@st.dialog("Clean up")
def ask_first(services: Services) -> None:
    """Ask for confirmation with the size; computing it looks at every file, so it is done on demand."""
    st.markdown(f"{leftover_words(leftovers(services.workspace, sizes=True))}. What happened stays.")
    if st.button(
        "Delete them", type="primary", key="jobs-clean-go", on_click=uninterrupted(remove, freed), args=(services,)
    ):
        st.rerun()


def remove(services: Services) -> Leftovers:
    """Delete the files."""
    return clean(services.workspace)


def freed(gone: Leftovers) -> None:
    """Show how much space that freed."""
    st.toast(f"{size(gone.size_bytes or 0)} freed", icon=":material/check:")
