"""The pair viewer in the browser: plays a queue of pairs, answers with one key, resends until stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.browser.script import component_script
from app.media import media_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.media import Footage
    from storage.clips import ClipPlayback

__all__ = ["SentLog", "Wish", "median_shape", "pair_viewer", "sent_log", "sent_wish", "shown_clip", "watch_pair"]

WISHES = ("train", "more", "statistics", "leave")
MOST_PAIRS = 1_000_000
HERE = Path(__file__).parent
_component = st.components.v2.component(
    "pair_viewer",
    html="<div class='viewer'></div>\n",
    css=(HERE / "pair_viewer.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "pair_viewer.js"),
)


@dataclass(frozen=True)
class SentLog:
    """The browser's last message: its tab's name, and every answer not confirmed yet."""

    tab: str
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Wish:
    """What a person wants after, or instead of, more pairs; `target` is the sitting's new one where that is more."""

    to: Literal["train", "more", "statistics", "leave"]
    target: int | None


def pair_viewer(
    data: Mapping[str, Any], *, key: str, on_log: Callable[[], None], on_wish: Callable[[], None]
) -> SentLog | None:
    """Draw a sitting's queue; `on_log` and `on_wish` are called when the browser has sent a message or a wish. Returns
    its last message."""
    result = _component(
        data={"review": False, **data},
        key=key,
        on_log_change=uninterrupted(on_log),
        on_next_change=uninterrupted(on_wish),
    )
    return _read(result.log)


def sent_log(key: str) -> SentLog | None:
    """The last message of the viewer called `key`, for its `on_log`."""
    return _read((st.session_state.get(key) or {}).get("log"))


def sent_wish(key: str) -> Wish | None:
    """The wish that the viewer called `key` has just sent, for its `on_wish`."""
    wish = (st.session_state.get(key) or {}).get("next")
    to, target = (wish.get("to"), wish.get("target")) if isinstance(wish, dict) else (None, None)
    if to not in WISHES or not (target is None or (isinstance(target, int) and 0 < target <= MOST_PAIRS)):
        return None
    return Wish(to, target)


def watch_pair(left: Mapping[str, Any], right: Mapping[str, Any], *, answer: str, shape: float, key: str) -> None:
    """Draw an answered pair to watch again; the chosen clip is outlined."""
    pair = {"pair_id": key, "left": left, "right": right, "answer": answer}
    _component(
        data={"review": True, "shape": min(max(shape, 0.8), 16 / 9), "pairs": [pair]},
        key=key,
        on_log_change=uninterrupted(lambda: None),
    )


def shown_clip(row: ClipPlayback, footage: Footage, score: str | None = None) -> dict[str, Any]:
    """A clip as the browser plays it. Its name stays here: it would influence."""
    return {
        "src": footage.url,
        "zero_s": footage.zero_s,
        "start_s": row.start_s,
        "end_s": row.end_s,
        "fps": max(1.0, row.fps),
        "shape": row.width / row.height,
        "poster": media_url(row.thumbnail) if row.thumbnail else None,
        "score": score,
    }


def _read(log: Any) -> SentLog | None:
    """The browser's message, if it is valid."""
    if not log or not isinstance(log.get("tab"), str):
        return None
    return SentLog(log["tab"], tuple(event for event in log.get("events", ()) if isinstance(event, dict)))


def median_shape(rows: Sequence[ClipPlayback]) -> float:
    """Median aspect ratio (width over height) of these clips."""
    shapes = sorted(row.width / row.height for row in rows)
    return shapes[len(shapes) // 2] if shapes else 16 / 9
