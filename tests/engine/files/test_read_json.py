"""JSON from others is read whole and sound, or refused with the reason."""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from engine.errors import FormatError
from engine.files.read_json import MAX_DEPTH, parse_json, parse_model, read_json, read_within

if TYPE_CHECKING:
    from pathlib import Path

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Named(BaseModel):
    name: str
    size: int


def refusal(content: bytes | str) -> str | None:
    """Why content is refused; None where it is taken."""
    try:
        parse_json(content)
    except FormatError as error:
        return str(error)
    return None


@given(VALUES)
def test_what_json_can_say_comes_back_as_it_was(value: object) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_content_is_a_value_or_a_reason(content: bytes | str) -> None:
    reason = refusal(content)
    assert reason is None or 0 < len(reason) < 300


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 100_000, "levels deep"),
        (b"[" * 500 + b"]" * 500, "levels deep"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "levels deep"),
        (b"[" + b"9" * 5_000 + b"]", "no JSON"),
        (b"[1" + b"0" * 40 + b"]", "64 bits"),
        (b"[NaN]", "not finite"),
        (b"[-Infinity]", "not finite"),
        (b"[1e999]", "not finite"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' twice"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udc00x": 1}', "surrogate"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b"", "no JSON"),
        (b"[1] [2]", "no JSON"),
        (b"[" + b"[]," * 5_000_000 + b"1]", "values"),
    ],
)
def test_content_that_would_break_the_next_step_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        parse_json(content)


def test_numbers_that_are_not_finite_are_taken_where_they_are_expected() -> None:
    assert math.isnan(parse_json(b"[NaN]", allow_nan=True)[0])


def test_no_more_of_a_file_is_read_than_is_allowed(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte that takes no room on the disk
    with pytest.raises(FormatError, match="larger than 64 bytes"):
        read_json(large, max_bytes=64)
    with pytest.raises(FormatError, match="larger than 67 MB"):
        read_json(large)


def test_a_pipe_a_folder_and_a_missing_file_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing", tmp_path / "n\0l"):
        with pytest.raises(FormatError):
            read_within(path, 10)


def test_a_model_says_which_field_does_not_fit_without_repeating_the_data() -> None:
    assert parse_model('{"name": "a", "size": 1}', Named) == Named(name="a", size=1)
    with pytest.raises(FormatError, match=r"^size: Input should be a valid integer") as caught:
        parse_model(json.dumps({"name": "a", "size": "x" * 100_000}), Named)
    assert len(str(caught.value)) < 500
