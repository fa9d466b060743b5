"""Shows errors and badges in the same way on all pages, and escapes text for Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from app.components.states.looks import STATE_LOOKS
from app.components.states.refused import refused_state
from app.text import plural

if TYPE_CHECKING:
    from engine.errors import HandpickedError
    from storage.jobs import JobState

__all__ = ["code", "plain", "remark", "show_error", "state_badge", "synthetic_note"]

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


def show_error(error: HandpickedError) -> None:
    """Show an error with its remedy: what was refused."""
    title, *more = error.message.splitlines() or [""]
    refused_state(title, [*more, *filter(None, [error.remedy])])


def remark(text: str, icon: str = ":material/info:") -> None:
    """A remark on what is shown, as Markdown: something to know, that stops nobody."""
    st.markdown(f":orange[{icon}] {text}")


def state_badge(state: JobState, about: str | None = None) -> None:
    """A job's state as a badge, with `about` as its tooltip."""
    look = STATE_LOOKS[state]
    st.badge(state, icon=look.icon, color=look.colour, help=about)


def synthetic_note(synthetic: int, clips: int) -> None:
    """A note beside numbers about clips: `synthetic` of the `clips` are from rendered sample videos."""
    if synthetic:
        which = "all clips" if synthetic == clips else f"{synthetic:,} of {plural(clips, 'clip')}"
        st.badge(f"Synthetic: {which} rendered, not recorded", icon=":material/movie_edit:", color="blue")
