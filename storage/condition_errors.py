"""What DuckDB says of a person's condition, about the person's own text: the statement around it is ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storage.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["condition_error", "wrapped"]

MOST_NAMES = 3
"""So many names like an unknown one are said."""
MOST_LETTERS = 120
"""So much of a condition is repeated."""
KIND = re.compile(r"^(?:[A-Z][A-Za-z]* )+Error: ")
"""How every message of DuckDB about a statement begins."""
PLACE = re.compile(r"^(LINE (\d+): )(.*)\n( *)(\^+)", re.MULTILINE)
"""The line of the statement that a message is about, with carets under the place."""
NO_COLUMN = re.compile(r'^Referenced column "(.*)" not found in FROM clause!\s*(?:Candidate bindings: (.*))?')
REMEDY = (
    "Correct it: a condition is SQL over the columns of clip, video and clip_features, as hands_any_share > 0.5; "
    "text stands in single quotes."
)


def wrapped(where: str) -> str:
    """A condition in parentheses, from the next line on: the lines that DuckDB counts are then the person's own."""
    return f"(\n{where}\n)"


def condition_error(error: QueryError, where: str) -> QueryError:
    """The refusal of a condition in words, with the place in the person's own text; any other error as it is."""
    text = error.message
    if not KIND.match(text):
        return error
    said = _said(KIND.sub("", PLACE.sub("", text)).strip())
    near, at_end = _place(text, where)
    if at_end and said.startswith("syntax error"):
        said = "it ends too early, or a parenthesis is not closed"
    place = f" (at “{near}”)" if near and near not in said else ""
    return QueryError(f"the condition “{_short(where)}” can't be used: {said}{place}", remedy=REMEDY)


def _said(text: str) -> str:
    """The message's own first lines; of an unknown column the names like it."""
    if found := NO_COLUMN.match(text):
        names = [name.strip(' "') for name in (found[2] or "").split(",") if name.strip(' "')][:MOST_NAMES]
        return f"there is no column “{found[1]}”" + (f"; names like it: {', '.join(names)}" if names else "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = " ".join(line for line in lines[:2] if "andidate functions" not in line)
    return f"{said[:1].lower()}{said[1:]}".rstrip(".!")


def _place(text: str, where: str) -> tuple[str, bool]:
    """The words of the condition that a message points to, and whether it points behind the condition's end."""
    found = next(_places(text), None)
    if found is None:
        return "", False
    line, excerpt, start, length = found
    if line > where.count("\n") + 2:
        return "", True
    pointed = excerpt[start : start + length]
    word = re.match(r"\w+", excerpt[start:])
    return (word[0] if length == 1 and word else pointed).strip(), False


def _places(text: str) -> Iterator[tuple[int, str, int, int]]:
    """`(line, its text, where the carets begin, how many)`."""
    for found in PLACE.finditer(text):
        yield int(found[2]), found[3], len(found[4]) - len(found[1]), len(found[5])


def _short(where: str) -> str:
    line = " ".join(where.split())
    return line if len(line) <= MOST_LETTERS else f"{line[:MOST_LETTERS]}…"
