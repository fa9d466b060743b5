"""Escapes text for Markdown: what comes from others becomes neither formatting nor a link."""

from __future__ import annotations

import re

__all__ = ["JOINER", "LIKE_LINKS", "code", "plain", "with_commands"]

LIKE_LINKS = re.compile(r"\b(https?|ftp|mailto)(?=:)|\b(www)(?=\.)|(?<=[\w.+-])(@)(?=[\w-]+\.)", re.IGNORECASE)
"""The text at which Markdown starts an automatic link, escaped or not."""
JOINER = "\u2060"
"""An invisible character (WORD JOINER) that keeps Markdown from making a link."""


def plain(text: str) -> str:
    """`text` escaped for Markdown, without automatic links: file names, narrations and people's names come from others
    and must not become formatting or links."""
    unlinked = LIKE_LINKS.sub(lambda found: found.group() + JOINER, text)
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|<>~:$" else c for c in unlinked).replace("\n", " ⏎ ")


def code(text: str) -> str:
    """`text` as inline code, whatever backticks it holds: names of models, files and columns."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    line = " ".join(text.splitlines()) or " "
    return f"{fence} {line} {fence}" if "`" in line or line != line.strip() else f"{fence}{line}{fence}"


def with_commands(sentence: str) -> str:
    """One of our own sentences for Markdown: what stands between backticks, as commands do, is code; all else is
    escaped."""
    pieces = re.split(r"`([^`]+)`", sentence)
    return "".join(code(piece) if place % 2 else plain(piece) for place, piece in enumerate(pieces))
