"""The state of a place that is being read or counted while the page waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["loading"]


def loading(words: str) -> AbstractContextManager[None]:
    """Show what is being done (`Counting the labels`) until the block ends, and for how long already."""
    return st.spinner(f"{words}…", show_time=True)
