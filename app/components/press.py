"""A button whose click is not lost when another run overtakes the run that it began.

The end of a job, a choice in a table or a field that is left draws the page anew; where that happens before the click's
own run has reached the button's line, `st.button` has returned True to nobody.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.browser.messages import uninterrupted

__all__ = ["forget_presses", "pressed"]

PREFIX = "pressed-"


def pressed(label: str, *, key: str, why_not: str = "", **more: Any) -> bool:
    """Draw the button; whether it was pressed, once. `why_not`: the reason why it is inactive now, as its tooltip.

    `more` goes to `st.button`.
    """
    flag = PREFIX + key
    more["help"] = why_not or more.get("help")
    st.button(label, key=key, disabled=bool(why_not), on_click=uninterrupted(lambda: _press(flag)), **more)
    return bool(st.session_state.pop(flag, False)) and not why_not


def forget_presses() -> None:
    """Another page is shown: what was pressed on the one before is not done here, nor at the return."""
    for name in [name for name in st.session_state if str(name).startswith(PREFIX)]:
        del st.session_state[name]


def _press(flag: str) -> None:
    st.session_state[flag] = True
