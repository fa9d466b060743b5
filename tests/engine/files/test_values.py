"""Names, ids, texts and numbers from others: what passes can be printed, stored and used as a name."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.files.values import BadValueError, clean_id, clean_name, clean_text, parse_number, words

ANY = st.text(st.characters(exclude_categories=()), max_size=300)


@given(ANY)
def test_a_name_that_passes_is_one_printable_line_and_every_refusal_can_be_printed(text: str) -> None:
    try:
        said = name = clean_name(text)
    except BadValueError as error:
        said, name = str(error), None
    said.encode()
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said
    assert name in (None, text.replace("\u2060", "").strip())


@given(ANY, st.sampled_from("/\\"), ANY)
def test_no_path_is_an_id(before: str, separator: str, after: str) -> None:
    with pytest.raises(BadValueError):
        clean_id(f"{before}{separator}{after}")


@given(ANY)
def test_a_text_that_passes_is_stored_as_it_is(text: str) -> None:
    hostile = "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
    try:
        said = clean_text(text)
    except BadValueError as error:
        said = str(error)
        assert hostile
    else:
        assert said == text
        assert not hostile
    said.encode()


@given(st.floats(-1e12, 1e12))
def test_a_number_comes_back_as_it_was(value: float) -> None:
    assert parse_number(repr(value), "gain") == value
    assert parse_number(f"{value!r}".replace(".", ","), "gain", decimal_comma=True) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is missing"),
        ("nan", "no finite number"),
        ("-inf", "no finite number"),
        ("1e999", "far too large"),
        ("1e13", "far too large"),
        ("9" * 5000, "no number"),
        ("1_000", "no number"),
        ("0x10", "no number"),
        ("१२", "no number"),
        ("1,5", "no number"),
    ],
)
def test_what_is_no_number_says_why(text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        parse_number(text, "gain")


@given(ANY)
def test_whatever_is_asked_a_number_is_finite(text: str) -> None:
    with contextlib.suppress(BadValueError):
        assert math.isfinite(parse_number(text, "gain", decimal_comma=True))


@pytest.mark.parametrize("cell", ["[17, 52, 62]", "[]", "12", "[4]", " [1,2] ", "3.0"])
def test_class_numbers_are_no_words(cell: str) -> None:
    assert words(cell) == ""


@pytest.mark.parametrize("cell", ["take", "put-down", "7 up", "['plate']", "", "pick 3"])
def test_words_stay(cell: str) -> None:
    assert words(cell) == cell


def test_a_name_that_was_copied_from_a_page_is_the_same_name() -> None:
    assert clean_name("ann@\u2060example.org") == "ann@example.org"
