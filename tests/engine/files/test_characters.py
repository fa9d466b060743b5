"""One answer to which characters a text may hold, and everybody asks for it."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.text import one_line
from app.workflows.rewarding import checked_name
from engine.errors import RewardError
from engine.files.characters import NOT_IN_A_LINE, NOT_IN_A_TEXT, WORD_JOINER, has_lone_surrogate, is_storable
from engine.files.names import Line
from engine.files.values import BadValueError, clean_name, shown
from storage.library.view import view_from_params

ANY = st.text(st.characters(exclude_categories=()), max_size=40)


@given(ANY)
def test_a_text_has_no_lone_surrogate_when_it_can_be_encoded(text: str) -> None:
    encoded = None
    with contextlib.suppress(UnicodeEncodeError):
        encoded = text.encode()
    assert has_lone_surrogate(text) == (encoded is None)
    assert is_storable(text) == (encoded is not None and b"\0" not in encoded)


@pytest.mark.parametrize(
    "sign", ["\u061c", "\u200e", "\u200f", "\u202e", "\u2066", "\u200b", "\ufeff", "\x9b", "\u2028"]
)
def test_what_a_name_must_not_hold_is_what_a_terminal_does_not_get(sign: str) -> None:
    with pytest.raises(BadValueError):
        clean_name(f"a{sign}b")
    assert sign not in one_line(f"a{sign}b")
    assert sign not in shown(f"a{sign}b")


def test_a_word_joiner_is_written_out_where_it_would_not_show() -> None:
    assert one_line(f"a{WORD_JOINER}b") == r"a\u2060b"


def test_an_address_asks_for_nothing_that_cannot_be_stored() -> None:
    assert view_from_params({"tag": ["sound", "\ud800", "\0"]}).tags == ("sound",)


def test_every_control_character_and_lone_surrogate_is_among_them() -> None:
    wrong = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert all(map(NOT_IN_A_LINE.search, wrong))
    assert [c for c in wrong if not NOT_IN_A_TEXT.search(c)] == ["\t", "\n"]


@pytest.mark.parametrize("sign", ["\n", "\x1b", "\u202e", "\u200f", "\u200b"])
def test_a_line_in_a_manifest_and_a_models_name_pass_the_same_check(sign: str) -> None:
    with pytest.raises(ValidationError, match="control characters or line breaks"):
        TypeAdapter(Line).validate_python(f"a{sign}b")
    with pytest.raises(RewardError, match="can't be a model's name"):
        checked_name(f"a{sign}b")


def test_a_models_name_of_any_script_stays() -> None:
    assert checked_name(" żółć 日本 می‌خواهم ") == "żółć 日本 می‌خواهم"
    with pytest.raises(RewardError, match="too long"):
        checked_name("a" * 81)
