"""Number fields whose text is never taken for the number before it: what is no number, or out of range, is explained.

Streamlit's own number field keeps its last good value while it shows red, without a word to the page behind it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.markdown_text import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["PAUSE", "NumberFields", "number_problem", "number_text", "show_problem", "typed_number"]

PAUSE = "400ms"
"""After so long without another key the text is looked at: a button beside it is inactive before it is reached."""
THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?$")
"""Numbers as the app itself writes them: 10,000."""
EXACT = 2**53
"""Whole numbers below this are exact as floats."""


def number_problem(text: str, label: str, low: float | None, high: float | None, *, whole: bool = False) -> str:
    """Why `text` is not a number that the field takes, as a sentence; empty where it is."""
    try:
        value = parsed(text)
    except ValueError:
        return f"{label}: “{text.strip()}” is not a number." if text.strip() else f"{label} is empty."
    if not math.isfinite(value):
        return f"{label}: “{text.strip()}” is not a finite number."
    if whole and value != int(value):
        return f"{label}: {text.strip()} is not a whole number."
    if (low is not None and value < low) or (high is not None and value > high):
        return f"{label} must be {_range(low, high)}, not {text.strip()}."
    return ""


def parsed(text: str) -> float:
    """The number in `text`: commas before groups of three digits part thousands, a lone one before decimals is a point.

    Raises `ValueError`.
    """
    if THOUSANDS.match(text.strip()):
        return float(text.replace(",", ""))
    return float(text.strip().replace(",", ".") if "." not in text and text.count(",") == 1 else text.strip())


def number_text(value: float) -> str:
    """A number as it stands in a field: every digit of it, and no decimals where there are none."""
    return str(int(value)) if value == int(value) and abs(value) < EXACT else repr(float(value))


def typed_number(
    key: str, label: str, low: float | None, high: float | None, value: float, *, whole: bool = False
) -> float | None:
    """What stands in the field `key` now, for a callback, which runs before the field is drawn; None for no number.

    Where the field was not drawn yet, `value`.
    """
    text = str(st.session_state.get(key, number_text(value)))
    return None if number_problem(text, label, low, high, whole=whole) else parsed(text)


def show_problem(reason: str, place: DeltaGenerator | None = None) -> None:
    """Say beside a field what is wrong with its content."""
    (place or st).markdown(f":small[:red[:material/error: {plain(reason)}]]")


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {number_text(high or 0)}"
    return f"at least {number_text(low)}" if high is None else f"between {number_text(low)} and {number_text(high)}"


class NumberFields:
    """The number fields of one form: each returns its number, and `problem` says why the form can't be used."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    @property
    def problem(self) -> str:
        """What is wrong with the fields; empty where all is well. The form's buttons are disabled by it, and say it."""
        return " ".join(self.problems)

    def ask(
        self,
        label: str,
        low: float,
        high: float | None,
        value: float,
        *,
        key: str,
        whole: bool = False,
        help: str | None = None,  # noqa: A002 - as Streamlit names it
        place: DeltaGenerator | None = None,
        **more: Any,
    ) -> float:
        """A number in `[low, high]`; where the text is none, `value`, and the form has a problem.

        `more` goes to `st.text_input`.
        """
        text = self._text(label, number_text(value), key, help, place, **more)
        return value if self._wrong(text, label, low, high, place, whole=whole) else parsed(text)

    def ask_or_none(
        self,
        label: str,
        low: float | None,
        high: float | None,
        value: float | None = None,
        *,
        key: str,
        whole: bool = False,
        placeholder: str = "any",
        help: str | None = None,  # noqa: A002 - as Streamlit names it
        place: DeltaGenerator | None = None,
    ) -> float | None:
        """A number, or None where the field is empty."""
        text = self._text(label, "" if value is None else number_text(value), key, help, place, placeholder=placeholder)
        if not text.strip() or self._wrong(text, label, low, high, place, whole=whole):
            return None
        return parsed(text)

    def button(self, label: str, *, disabled: bool = False, place: DeltaGenerator | None = None, **more: Any) -> bool:
        """A button that uses the numbers: inactive with the reason while one can't be used.

        A click that reaches the server with the bad text, because leaving the field and clicking are one movement,
        does nothing. `more` goes to `st.button`.
        """
        more["help"] = self.problem or more.get("help")
        clicked = (place or st).button(label, disabled=disabled or bool(self.problem), **more)
        return clicked and not self.problem

    def refuse(self, reason: str, place: DeltaGenerator | None = None) -> None:
        """Say that numbers that are fine by themselves do not fit together."""
        self.problems.append(reason)
        show_problem(reason, place)

    def _text(
        self, label: str, value: str, key: str, about: str | None, place: DeltaGenerator | None, **more: Any
    ) -> str:
        return (place or st).text_input(label, value, key=key, help=about, **{"live": PAUSE, **more}) or ""

    def _wrong(
        self,
        text: str,
        label: str,
        low: float | None,
        high: float | None,
        place: DeltaGenerator | None,
        *,
        whole: bool = False,
    ) -> bool:
        problem = number_problem(text, label, low, high, whole=whole)
        if problem:
            self.refuse(problem, place)
        return bool(problem)
