"""The state of what is done: what came of it, in counts, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.states.box import state_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

__all__ = ["done_state"]


def done_state(title: str, lines: Sequence[str] = (), *, key: str) -> DeltaGenerator:
    """Draw the sentence with its counts and more lines below it, as Markdown; returns the place for the next step."""
    box, actions = state_box("done", title, key=key)
    for line in lines:
        box.markdown(line)
    return actions
