"""Validates single values of untrusted files: names, ids, texts and numbers.

An invalid value raises BadValueError, whose message becomes the reason of a `Problem`: its row is left out.
"""

from __future__ import annotations

import math
import re

from engine.files.characters import NOT_IN_A_LINE, WORD_JOINER, is_storable

__all__ = ["BadValueError", "clean_id", "clean_name", "clean_text", "one_line", "parse_number", "shown", "words"]

_MAX_NAME_CHARS = 255
MAX_MAGNITUDE = 1e12
"""Larger than any gain, score or time, and its square still fits a 32-bit float."""

_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_CLASS_NUMBERS = re.compile(r"\[?\s*-?\d[\d\s,.;-]*\]?|\[\s*\]", re.ASCII)


class BadValueError(ValueError):
    """An invalid value in one row; `str()` becomes the reason of a `Problem`."""


def clean_name(text: str, what: str = "name") -> str:
    """A name (of a clip, a person, a file), stripped, that is one visible line on every page and terminal.

    Raises BadValueError when it is missing, longer than 255 characters, or contains line breaks, control characters,
    lone surrogates, or characters that reverse text or are invisible.
    """
    # Pages put word joiners into addresses, against automatic links: a name copied from there must still match.
    name = text.replace(WORD_JOINER, "").strip()
    if not name:
        raise BadValueError(f"the {what} is missing")
    if len(name) > _MAX_NAME_CHARS:
        raise BadValueError(f"the {what} has {len(name):,} characters, at most {_MAX_NAME_CHARS} are read")
    return one_line(name, what)


def one_line(text: str, what: str = "line") -> str:
    """A text that is one visible line on a page or a terminal, unchanged.

    Raises BadValueError for line breaks, control characters, lone surrogates, and characters that reverse text or are
    invisible.
    """
    if NOT_IN_A_LINE.search(text):
        raise BadValueError(f"the {what} {shown(text)} holds control characters or line breaks")
    return text


def clean_id(text: str, what: str = "id") -> str:
    """A video's name in an annotation file, in any script: like `clean_name`, but not a path.

    Names of files on disk are checked by the stricter `name_problem`.
    """
    name = clean_name(text, what)
    if "/" in name or "\\" in name or name in (".", ".."):
        raise BadValueError(f"the {what} {shown(name)} is a path, not an id")
    return name


def clean_text(text: str, what: str = "text") -> str:
    """A text, unchanged, formulas and HTML included; code that shows it must escape it.

    Raises BadValueError for NUL and lone surrogates.
    """
    if not is_storable(text):
        raise BadValueError(f"the {what} {shown(text)} holds characters that are no text")
    return text


def words(cell: str) -> str:
    """The text of a cell; empty where it contains class numbers, as in `[17, 52, 62]`."""
    return "" if _CLASS_NUMBERS.fullmatch(cell.strip()) else cell


def parse_number(text: str, what: str, *, decimal_comma: bool = False) -> float:
    """A finite number of reasonable size; `decimal_comma` also takes `0,5`. Raises BadValueError."""
    cell = text.strip()
    plain = cell.replace(",", ".") if decimal_comma else cell
    if not cell:
        raise BadValueError(f"{what} is missing")
    if not _NUMBER.fullmatch(plain):
        finite = " finite" if plain.lower().lstrip("+-") in ("nan", "inf", "infinity") else ""
        raise BadValueError(f"{what} is {shown(cell)}, which is no{finite} number")
    value = float(plain)
    if not math.isfinite(value) or abs(value) > MAX_MAGNITUDE:
        raise BadValueError(f"{what} is {shown(cell)}, which is far too large")
    return value


def shown(text: str) -> str:
    """The beginning of a text for a message, with escapes for unprintable characters."""
    return ascii(text[:60]) if NOT_IN_A_LINE.search(text[:60]) else repr(text[:60])
