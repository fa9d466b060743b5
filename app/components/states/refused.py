"""The state of what was refused: it looks like what failed, and a screen reader says it at once."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.components.states.looks import STATE_LOOKS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["refused_state"]


def refused_state(title: str, lines: Sequence[str] = ()) -> None:
    """Draw the sentence and more lines below it, all plain text; keyless, as the same may be refused twice a page."""
    words = "".join(f"<p>{escape(line)}</p>" for line in lines)
    with st.container(border=True), st.container(horizontal=True, wrap=False, gap="small"):
        st.markdown(STATE_LOOKS["failed"].mark, width="content")
        st.html(f'<div role="alert" class="state-refused"><p><strong>{escape(title)}</strong></p>{words}</div>')
