"""Messages of components: what somebody did in the browser is carried out once, also where the next message follows at
once.

Streamlit begins a new run for each message and ends the one before it wherever that one is. A trigger's value is there
for its own run alone: a run that is ended before it reads the value has lost it. And a callback is ended too: the first
use of `st.session_state` or `st.query_params` in it raises `RerunException` where the next message is already there,
which Streamlit takes for the callback's own `st.rerun()`. Components often send two messages at once, such as a tag and
the next clip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["kept", "taken", "whole"]

MOST_BEGINNINGS = 10


def whole(act: Callable[..., object]) -> Callable[..., None]:
    """A callback that begins again where the next message cut it short, and hands that message on when it is done.

    `act` must come to the same where it begins twice, and must not call `st.rerun` or `st.switch_page`.
    """

    def run(*args: Any, **kwargs: Any) -> None:
        newer: RerunException | None = None
        for _ in range(MOST_BEGINNINGS):
            try:
                act(*args, **kwargs)
            except RerunException as error:
                newer = error
            else:
                break
        if newer is not None:
            raise newer

    return run


def kept(key: str, name: str) -> Callable[[], None]:
    """The callback of a component's trigger `name`, which keeps its value until a run takes it with `taken`."""

    def keep() -> None:
        value = (st.session_state.get(key) or {}).get(name)
        if value is not None:
            st.session_state[_kept_as(key, name)] = value

    return whole(keep)


def taken(key: str, name: str) -> Any:
    """The value of a trigger that no run has taken yet, else None. Called after the component was drawn."""
    return st.session_state.pop(_kept_as(key, name), None)


def _kept_as(key: str, name: str) -> str:
    return f"{key}-{name}-kept"
