"""Messages come back as they were said, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.messages import (
    Done,
    Failed,
    Fatal,
    Finished,
    Heartbeat,
    Message,
    Progress,
    Queued,
    Shard,
    Skipped,
    Started,
    Warned,
    decode,
    encode,
)

TEXT = st.text(st.characters())  # all of it: line breaks, lone surrogates, zeros
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Queued, TEXT),
    st.builds(Heartbeat, st.integers(0)),
    st.builds(Started, TEXT),
    st.builds(Done, TEXT),
    st.builds(Progress, item=TEXT, fraction=st.floats(0, 1), note=TEXT),
    st.builds(Warned, TEXT, TEXT),
    st.builds(Skipped, TEXT, TEXT),
    st.builds(Failed, TEXT, TEXT),
    st.builds(Shard, TEXT, st.lists(TEXT)),
    st.builds(Fatal, TEXT),
    st.builds(Finished, st.booleans()),
)


@given(MESSAGES)
def test_a_message_is_one_line_and_comes_back_as_it_was(message: Message) -> None:
    line = encode(message)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert decode(line + "\n") == message


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_anything_else_is_no_message(line: str) -> None:
    assert decode(line) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "unheard-of"}',
        '{"type": ["started"]}',
        '{"type": "started"}',
        '{"type": "started", "item": "a", "colour": "red"}',
        '{"item": "a"}',
        "[" * 100_000,
        "NaN",
        "",
    ],
)
def test_what_only_looks_like_a_message_is_none(line: str) -> None:
    assert decode(line) is None
