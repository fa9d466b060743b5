"""Number fields whose text is never taken for the number before it: what is no number, or out of range, is explained.

Streamlit's own number field keeps its last good value while it shows red, without a word to the page behind it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["NumberFields", "number_problem"]


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
    """The number in `text`; a comma before decimals is a point. Raises `ValueError`."""
    return float(text.strip().replace(",", ".") if "." not in text and text.count(",") == 1 else text.strip())


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"


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
        help: str | None = None,  # noqa: A002 - as Streamlit names it
        place: DeltaGenerator | None = None,
    ) -> float:
        """A number in `[low, high]`; where the text is none, `value`, and the form has a problem."""
        text = self._text(label, f"{value:g}", key, help, "", place)
        return value if self._wrong(text, label, low, high, place) else parsed(text)

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
        text = self._text(label, "" if value is None else f"{value:g}", key, help, placeholder, place)
        if not text.strip() or self._wrong(text, label, low, high, place, whole=whole):
            return None
        return parsed(text)

    def refuse(self, reason: str, place: DeltaGenerator | None = None) -> None:
        """Say that numbers that are fine by themselves do not fit together."""
        self.problems.append(reason)
        (place or st).markdown(f":small[:red[:material/error: {plain(reason)}]]")

    def _text(
        self, label: str, value: str, key: str, about: str | None, placeholder: str, place: DeltaGenerator | None
    ) -> str:
        return (place or st).text_input(label, value, key=key, help=about, placeholder=placeholder)

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
