"""Single values in files that others made: names, ids, texts and numbers pass these before anybody works with them.

What can't be used raises BadValueError, whose words become the reason of a `Problem`: a bad value costs its row.
"""

from __future__ import annotations

import math
import re

from engine.files.characters import NOT_IN_A_LINE, WORD_JOINER, is_storable

__all__ = ["BadValueError", "clean_id", "clean_name", "clean_text", "one_line", "parse_number", "shown", "words"]

MAX_NAME_CHARS = 255
MAX_MAGNITUDE = 1e12
"""No gain, score or time comes near it, and its square still fits a 32-bit float."""

_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_CLASS_NUMBERS = re.compile(r"\[?\s*-?\d[\d\s,.;-]*\]?|\[\s*\]", re.ASCII)


class BadValueError(ValueError):
    """A value in one row that can't be used; `str()` becomes the reason of a `Problem`."""


def clean_name(text: str, what: str = "name") -> str:
    """A name (of a clip, a person, a file) without blanks around it. It stays one line on every page and terminal.

    Raises BadValueError when it is missing, longer than 255 characters, or holds line breaks, control characters,
    halves of surrogate pairs, or marks that turn text around or show nothing.
    """
    # Pages put a word joiner into addresses, so that no link is made of them: a name copied from there is the same.
    name = text.replace(WORD_JOINER, "").strip()
    if not name:
        raise BadValueError(f"the {what} is missing")
    if len(name) > MAX_NAME_CHARS:
        raise BadValueError(f"the {what} has {len(name):,} characters, at most {MAX_NAME_CHARS} are read")
    return one_line(name, what)


def one_line(text: str, what: str = "line") -> str:
    """A text as it stands, which shows as what it is on one line of a page or a terminal.

    Raises BadValueError for line breaks, control characters, halves of surrogate pairs, and marks that turn text around
    or show nothing.
    """
    if NOT_IN_A_LINE.search(text):
        raise BadValueError(f"the {what} {shown(text)} holds control characters or line breaks")
    return text


def clean_id(text: str, what: str = "id") -> str:
    """A video's name in an annotation file, in any script: as `clean_name`, and not written as a path.

    What becomes a file's name on disk passes the narrower `name_problem`.
    """
    name = clean_name(text, what)
    if "/" in name or "\\" in name or name in (".", ".."):
        raise BadValueError(f"the {what} {shown(name)} is a path, not an id")
    return name


def clean_text(text: str, what: str = "text") -> str:
    """A text as it stands, formulas and HTML included; whoever shows it makes it safe.

    Raises BadValueError for NUL and for halves of surrogate pairs.
    """
    if not is_storable(text):
        raise BadValueError(f"the {what} {shown(text)} holds characters that are no text")
    return text


def words(cell: str) -> str:
    """A cell of words; empty where it holds class numbers instead, as in `[17, 52, 62]`."""
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
    """The beginning of a text for a message, with escapes for what can't be printed."""
    return ascii(text[:60]) if NOT_IN_A_LINE.search(text[:60]) else repr(text[:60])
