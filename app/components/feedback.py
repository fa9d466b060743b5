"""Shows errors and badges in the same way on all pages, and escapes text for Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import streamlit as st

from app.text import plural

if TYPE_CHECKING:
    from engine.errors import HandpickedError

BadgeColour = Literal["gray", "blue", "orange", "green", "red"]

__all__ = ["STATE_COLOURS", "code", "plain", "remark", "show_error", "state_badge", "synthetic_note"]

STATE_COLOURS: dict[str, tuple[BadgeColour, str]] = {
    "queued": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/play_arrow:"),
    "cancelling": ("orange", ":material/stop_circle:"),
    "cancelled": ("gray", ":material/block:"),
    "done": ("green", ":material/check:"),
    "failed": ("red", ":material/error:"),
    "interrupted": ("orange", ":material/pause_circle:"),
}


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
    """Show an error with its remedy."""
    remedy = f"\n\n{plain(error.remedy)}" if error.remedy else ""
    body = "\n\n".join(plain(line) for line in error.message.splitlines())
    st.error(f"{body}{remedy}", icon=":material/error:")


def remark(text: str, icon: str = ":material/info:") -> None:
    """A remark on what is shown, as Markdown: something to know, that stops nobody."""
    st.markdown(f":orange[{icon}] {text}")


def state_badge(state: str, about: str | None = None) -> None:
    """A job's state as a badge, with `about` as its tooltip."""
    color, icon = STATE_COLOURS[state]
    st.badge(state, icon=icon, color=color, help=about)


def synthetic_note(synthetic: int, clips: int) -> None:
    """A note beside numbers about clips: `synthetic` of the `clips` are from rendered sample videos."""
    if synthetic:
        which = "all clips" if synthetic == clips else f"{synthetic:,} of {plural(clips, 'clip')}"
        st.badge(f"Synthetic: {which} rendered, not recorded", icon=":material/movie_edit:", color="blue")
