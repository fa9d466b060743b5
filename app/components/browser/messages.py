"""Messages of components: what somebody did in the browser is carried out once, also where the next message follows at
once.

Streamlit begins a new run for each message and ends the one before it wherever that one is. A trigger's value is there
for its own run alone: a run that is ended before it reads the value has lost it. And a callback is ended too: the first
use of `st.session_state` or `st.query_params` in it raises `RerunException` where the next message is already there,
which Streamlit takes for the callback's own `st.rerun()`. Components often send two messages at once, such as a tag and
the next clip.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import RerunData, RerunException

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["forget_triggers", "hold_trigger", "take_trigger", "uninterrupted"]

MOST_BEGINNINGS = 10
HELD = "held-"


def uninterrupted(act: Callable[..., object]) -> Callable[..., None]:
    """A callback that begins again where the next message cut it short, and hands on what cut it when it is done.

    `act` must come to the same where it begins twice, and must not call `st.rerun` or `st.switch_page`.
    """

    def run(*args: Any, **kwargs: Any) -> None:
        cut_by: RerunData | None = None
        for _ in range(MOST_BEGINNINGS):
            try:
                act(*args, **kwargs)
            except RerunException as error:
                cut_by = error.rerun_data if cut_by is None else _with_triggers_of(cut_by, error.rerun_data)
            else:
                break
        if cut_by is not None:
            raise RerunException(cut_by)

    return run


def _with_triggers_of(older: RerunData, newer: RerunData) -> RerunData:
    """The newer message with those triggers of the older one that it lacks: the browser sends each of them once."""
    if older.widget_states is None or newer.widget_states is None:
        return newer if newer.widget_states is not None else replace(newer, widget_states=older.widget_states)
    states = WidgetStates()
    states.CopyFrom(newer.widget_states)
    named = {state.id for state in states.widgets}
    missing = [state for state in older.widget_states.widgets if state.id not in named]
    states.widgets.extend(state for state in missing if str(state.WhichOneof("value")).endswith("trigger_value"))
    return replace(newer, widget_states=states)


def hold_trigger(key: str, name: str) -> Callable[[], None]:
    """The callback of a component's trigger `name`, which holds its value until a run takes it with `take_trigger`."""

    def keep() -> None:
        value = (st.session_state.get(key) or {}).get(name)
        if value is not None:
            st.session_state[_held_as(key, name)] = value

    return uninterrupted(keep)


def take_trigger(key: str, name: str) -> Any:
    """The value of a trigger that no run has taken yet, else None. Called after the component was drawn."""
    return st.session_state.pop(_held_as(key, name), None)


def forget_triggers() -> None:
    """Another page is shown: what was sent on the one before is not done here, nor at the return."""
    for name in [name for name in st.session_state if str(name).startswith(HELD)]:
        del st.session_state[name]


def _held_as(key: str, name: str) -> str:
    return f"{HELD}{key}-{name}"
