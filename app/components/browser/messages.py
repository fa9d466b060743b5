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
from functools import reduce
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import RerunData, RerunException

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["forget_triggers", "hold_trigger", "take_trigger", "uninterrupted"]

MOST_BEGINNINGS = 10
HELD = "held-"


def uninterrupted(act: Callable[..., object], then: Callable[[Any], object] | None = None) -> Callable[..., None]:
    """A callback that begins again where the next message cut it short, and hands on what cut it when it is done.

    Each of the two begins again by itself, so each must come to the same where it begins twice, and neither may call
    `st.rerun` or `st.switch_page`. Work that must be done once, such as writing a file, belongs into `act` after its
    last use of the session; `then` gets what `act` returned, and writes that into the session or onto the page.
    """

    def run(*args: Any, **kwargs: Any) -> None:
        cuts: list[RerunData] = []
        done = _until_done(lambda: act(*args, **kwargs), cuts)
        if then is not None and done:
            _until_done(lambda: then(done[0]), cuts)
        if cuts:
            raise RerunException(reduce(_with_triggers_of, cuts))

    return run


def _until_done(act: Callable[[], object], cuts: list[RerunData]) -> list[object]:
    """What `act` returned, as the one element, or nothing where it was cut short every time; adds what cut it."""
    for _ in range(MOST_BEGINNINGS):
        try:
            return [act()]
        except RerunException as error:
            cuts.append(error.rerun_data)
    return []


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


def hold_trigger(key: str, name: str, at_once: Callable[[Any], bool] | None = None) -> Callable[[], None]:
    """The callback of a component's trigger `name`, which holds its value until a run takes it with
    `take_trigger`.

    What `at_once` answers with True to is done, before the page is drawn, and is not held.
    """

    def keep() -> None:
        value = (st.session_state.get(key) or {}).get(name)
        if value is not None and not (at_once and at_once(value)):
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
