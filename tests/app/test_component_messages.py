"""What components send is carried out once, also where Streamlit ends the run or the callback that got it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import RerunData, RerunException

from app.components.browser.messages import forget_triggers, hold_trigger, take_trigger, uninterrupted

APP = Path(__file__).parents[2] / "app"
KEEPERS = {"hold_trigger", "uninterrupted"}
TRIGGER = re.compile(r"on_\w+_change")
"""A component's own message; Streamlit's widgets have `on_change`."""


class CutShort(dict[str, Any]):
    """A session's state whose first uses are cut short by newer messages."""

    def __init__(self, values: dict[str, Any], newer: list[RerunData]) -> None:
        super().__init__(values)
        self.newer = newer

    def get(self, key: str, default: Any = None) -> Any:
        if self.newer:
            raise RerunException(self.newer.pop(0))
        return super().get(key, default)


def message(query: str, **sent: str) -> RerunData:
    """A message of the browser, with a trigger's value by the component's id."""
    states = [WidgetState(id=name, json_trigger_value=value) for name, value in sent.items()]
    return RerunData(query_string=query, widget_states=WidgetStates(widgets=states))


def test_a_callback_that_is_cut_short_is_carried_out_and_hands_on_what_cut_it(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = [message("?old", open="clip 1", at="clip 2"), message("?new", at="clip 3")]
    state = CutShort({"wall": {"log": ["a tag"]}}, newer)
    monkeypatch.setattr(st, "session_state", state)
    stored: list[str] = []
    with pytest.raises(RerunException) as raised:
        uninterrupted(lambda: stored.extend(st.session_state.get("wall", {})["log"]))()
    assert stored == ["a tag"]
    handed_on = raised.value.rerun_data
    assert handed_on.query_string == "?new"
    assert handed_on.widget_states is not None
    assert {state.id: state.json_trigger_value for state in handed_on.widget_states.widgets} == {
        "at": "clip 3",
        "open": "clip 1",
    }


def test_a_callback_that_nothing_cuts_short_runs_once() -> None:
    calls: list[int] = []
    uninterrupted(lambda: calls.append(1))()
    assert calls == [1]


def test_a_trigger_is_held_until_a_run_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    state = CutShort({"wall": {"open": "clip-1"}}, [RerunData()])
    monkeypatch.setattr(st, "session_state", state)
    with pytest.raises(RerunException):
        hold_trigger("wall", "open")()
    state["wall"] = {"open": None}  # the run that got the trigger was ended, and the next begins without it
    assert take_trigger("wall", "open") == "clip-1"
    assert take_trigger("wall", "open") is None


def test_what_was_sent_on_another_page_is_not_done_at_the_return(monkeypatch: pytest.MonkeyPatch) -> None:
    state = CutShort({"wall": {"open": "clip-1"}}, [])
    monkeypatch.setattr(st, "session_state", state)
    hold_trigger("wall", "open")()
    forget_triggers()
    assert take_trigger("wall", "open") is None


def test_work_is_done_once_where_only_what_is_said_of_it_was_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    state = CutShort({}, [message("?new")])
    monkeypatch.setattr(st, "session_state", state)
    written: list[str] = []

    def say(count: int) -> None:
        state.get("anything")
        state["said"] = f"{count} written"

    def write(name: str) -> int:
        written.append(name)
        return len(written)

    with pytest.raises(RerunException) as raised:
        uninterrupted(write, say)("list.csv")
    assert (written, state["said"]) == (["list.csv"], "1 written")
    assert raised.value.rerun_data.query_string == "?new"


BELL = re.compile(r"on_(click|change|dismiss|select)")
"""What a widget of Streamlit's calls."""


def bare_callbacks(text: str) -> list[int]:
    """The lines on which a widget is given a function of ours that the next message can end.

    Methods of the store and of the supervisor are none of those: they know no Streamlit, and so use no session.
    """
    bare = []
    for node in ast.walk(ast.parse(text)):
        for keyword in node.keywords if isinstance(node, ast.Call) else []:
            value = keyword.value
            held = isinstance(value, ast.Call) and getattr(value.func, "id", "") in KEEPERS
            if BELL.fullmatch(keyword.arg or "") and not held and not isinstance(value, ast.Constant | ast.Attribute):
                bare.append(value.lineno)
    return bare


def test_every_callback_of_a_widget_is_uninterrupted() -> None:
    """The first use of the session in it may end it, and half of what a click was to do is done."""
    assert bare_callbacks("st.button('x', on_click=save)\nst.button('x', on_click=lambda: save())") == [1, 2]
    kept = "uninterrupted(save)", "workspace.tags.undo", "'rerun'"
    assert not any(bare_callbacks(f"st.button('x', on_click={value})") for value in kept)
    found = {
        f"{file.relative_to(APP.parent)}:{line}"
        for folder in (APP, APP.parent / "pages")
        for file in folder.rglob("*.py")
        for line in bare_callbacks(file.read_text(encoding="utf-8"))
    }
    assert sorted(found) == []


def test_every_trigger_of_a_component_is_held_or_uninterrupted() -> None:
    """A trigger read from what a component returns is lost where its run is cut short."""
    bare = []
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            for keyword in node.keywords:
                called = keyword.value.func if isinstance(keyword.value, ast.Call) else None
                if TRIGGER.fullmatch(keyword.arg or "") and getattr(called, "id", "") not in KEEPERS:
                    bare.append(f"{file.relative_to(APP)}:{node.lineno} {keyword.arg}")
    assert not bare
