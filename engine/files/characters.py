"""Which characters a text from outside may hold: one answer for files, the store, pages and terminals."""

from __future__ import annotations

import re

__all__ = ["NOT_IN_A_LINE", "NOT_IN_A_TEXT", "WORD_JOINER", "has_lone_surrogate", "is_storable"]

WORD_JOINER = "\u2060"
"""Shows as nothing. Our own pages put it into addresses, so that no link is made of them."""

_MISLEADING = (
    "\x00-\x1f\x7f-\x9f"  # control characters: a terminal acts upon them, ESC and CSI above all
    "\u2028\u2029"  # line breaks of Unicode's own
    "\ud800-\udfff"  # lone surrogates, as undecodable file names have them: no stream and no database takes them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # turn the direction of the text around them
    "\u200b\u2060\ufeff"  # show as nothing: two different names look the same
)
# The joiners U+200C and U+200D are none of them: Persian, the scripts of India and emoji need them.
NOT_IN_A_LINE = re.compile(f"[{_MISLEADING}]")
"""What a name or another single line must not hold, for it would show as something else than it is."""
NOT_IN_A_TEXT = re.compile(rf"(?![\t\n])[{_MISLEADING}]")
"""The same for a text of several lines: tabs and line breaks may stay."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def has_lone_surrogate(text: str) -> bool:
    """Whether the text holds half of a surrogate pair, so that it can't be written as UTF-8."""
    return not text.isascii() and _LONE_SURROGATE.search(text) is not None


def is_storable(text: str) -> bool:
    """Whether every file and program that we hand the text to takes it: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not has_lone_surrogate(text)
