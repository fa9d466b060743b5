"""Which characters a text from outside may contain: one rule for files, the store, pages and terminals."""

from __future__ import annotations

import re

__all__ = ["NOT_IN_A_LINE", "NOT_IN_A_TEXT", "WORD_JOINER", "has_lone_surrogate", "is_storable"]

WORD_JOINER = "\u2060"
"""An invisible character. Our own pages put it into addresses, so that they are not turned into links."""

_MISLEADING = (
    "\x00-\x1f\x7f-\x9f"  # control characters: terminals interpret them, ESC and CSI above all
    "\u2028\u2029"  # Unicode line breaks
    "\ud800-\udfff"  # lone surrogates, as undecodable file names have them: no stream and no database takes them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # change the direction of the text around them
    "\u200b\u2060\ufeff"  # invisible: two different names would look the same
)
# The joiners U+200C and U+200D are allowed: Persian, the scripts of India and emoji need them.
NOT_IN_A_LINE = re.compile(f"[{_MISLEADING}]")
"""Characters not allowed in a name or another single line, because they make it look like something else."""
NOT_IN_A_TEXT = re.compile(rf"(?![\t\n])[{_MISLEADING}]")
"""The same for a text of several lines: tabs and line breaks may stay."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def has_lone_surrogate(text: str) -> bool:
    """Whether the text contains a lone surrogate, so that it can't be written as UTF-8."""
    return not text.isascii() and _LONE_SURROGATE.search(text) is not None


def is_storable(text: str) -> bool:
    """Whether every file and program that we pass the text to accepts it: no NUL, no lone surrogate."""
    return "\0" not in text and not has_lone_surrogate(text)
