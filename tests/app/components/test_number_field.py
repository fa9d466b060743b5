"""What is no number, or out of range, is never taken for the number before it: the field says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.components.number_field import number_problem, number_text, parsed


@given(st.floats(0.1, 600.0))
def test_every_number_in_the_range_is_taken(value: float) -> None:
    assert number_problem(repr(value), "Length", 0.1, 600.0) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Length is empty."),
        ("4 s", "“4 s” is not a number"),
        ("nan", "not a finite number"),
        ("1e999", "not a finite number"),
        ("0", "must be between 0.1 and 600, not 0"),
        ("601", "must be between 0.1 and 600, not 601"),
    ],
)
def test_anything_else_is_explained(text: str, words: str) -> None:
    assert words in number_problem(text, "Length", 0.1, 600.0)


def test_a_comma_before_decimals_is_a_point_and_whole_numbers_are_whole() -> None:
    assert number_problem("2,5", "Length", 0.1, 600.0) == ""
    assert number_problem("5", "At most", 1, None, whole=True) == ""
    assert "whole number" in number_problem("2,5", "At most", 1, None, whole=True)
    assert "at least 1" in number_problem("0", "At most", 1, None, whole=True)


@pytest.mark.parametrize(
    ("text", "value"), [("10,000", 10_000), ("1,234,567.5", 1_234_567.5), ("1,5", 1.5), ("0,125", 0.125)]
)
def test_thousands_are_read_as_the_app_writes_them(text: str, value: float) -> None:
    assert parsed(text) == value


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**31))
def test_a_number_loses_nothing_by_standing_in_a_field(value: float) -> None:
    """A seed of ten digits is not shown as 2.14748e+09, which would be another seed."""
    assert parsed(number_text(value)) == value
    assert "e" not in number_text(2**31 - 1)


def form() -> None:
    import streamlit as st

    from app.components.number_field import NumberFields

    fields = NumberFields()
    length = fields.ask("Length (s)", 0.1, 600.0, 4.0, key="length")
    top = fields.ask_or_none("At most", 1, None, 100, whole=True, key="top")
    if fields.button("Go"):
        st.write(f"went with {length:g} and {top}")


def test_a_red_field_disables_the_button_with_the_reason_and_mending_it_enables_it() -> None:
    page = AppTest.from_function(form).run()
    assert not page.button[0].disabled
    page.text_input(key="length").set_value("four").run()
    assert page.button[0].disabled
    assert "“four” is not a number" in page.button[0].help
    assert any("not a number" in found.value for found in page.markdown)
    page.text_input(key="length").set_value("2.5").run()
    page.text_input(key="top").set_value("").run()
    page.button[0].click().run()
    assert page.markdown[-1].value == "went with 2.5 and None"


def test_a_click_that_comes_with_the_bad_text_does_nothing() -> None:
    """Leaving the field and clicking are one movement: both reach the server in one run."""
    page = AppTest.from_function(form).run()
    page.text_input(key="length").set_value("four")
    page.button[0].click().run()
    assert not any("went with" in found.value for found in page.markdown)
    assert page.button[0].disabled
