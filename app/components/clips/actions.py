"""Applies what people do to clips on a wall: keep, drop, tag, undo; each action once, however often it is sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.clips.library_address import current_view
from app.markdown_text import plain
from engine.errors import HandpickedError
from storage.errors import StorageError
from storage.tags import DROP, KEEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["GONE", "acknowledged", "clips_at", "finish_actions", "take_actions"]

ACKNOWLEDGED = "library-acknowledged"
PROBLEMS = "library-problems"
MOST_ACKNOWLEDGED = 200
_one_after_another = threading.Lock()
GONE = "The clips of this view changed meanwhile, and nothing was done. Select them again."


def acknowledged() -> list[str]:
    """Ids of the actions that are done: the browser stops sending them."""
    done: list[str] = st.session_state.get(ACKNOWLEDGED, [])
    return done


def clips_at(services: Services, view: ClipView, asked: Mapping[str, Any]) -> list[str] | None:
    """The clips at places of an order as the browser showed it; None where that order is not known any more."""
    order = services.workspace.library.order_named(view, str(asked.get("order", "")))
    if order is None:
        return None
    return order.ids([(int(first), int(last)) for first, last in asked.get("places", [])])


def finish_actions(services: Services, key: str) -> None:
    """After a wall was drawn: apply what no callback has applied, and tell what could not be done.

    After a lost connection the session is a new one, which gets the browser's actions without a callback.
    """
    if take_actions(services, key):
        st.rerun()
    problems = st.session_state.get(PROBLEMS, [])
    while problems:
        st.toast(plain(problems[0]), icon=":material/error:")
        del problems[0]


def take_actions(services: Services, key: str) -> bool:
    """Apply the actions of a wall that are not done yet; returns whether there were any."""
    # The lists themselves are kept, no copies: Streamlit may end this run in its midst, and what was done stays done.
    done: list[str] = st.session_state.setdefault(ACKNOWLEDGED, [])
    problems: list[str] = st.session_state.setdefault(PROBLEMS, [])
    view, log = current_view(), (st.session_state.get(key) or {}).get("log") or []
    new = False
    # Runs of one session overlap when keys come fast: an undo in the later one must not overtake what it takes back.
    with _one_after_another:
        for action in log:
            if action["id"] in done:
                continue
            new = True
            try:
                _take(services, view, action)
            except HandpickedError as error:
                problems.append(str(error))
            done.append(action["id"])
        del done[:-MOST_ACKNOWLEDGED]
    return new


def _take(services: Services, view: ClipView, action: Mapping[str, Any]) -> None:
    """Apply one action. Raises `StorageError` for a tag that is none, and for clips that are not known any more."""
    tags = services.workspace.tags
    if action.get("undo"):
        tags.undo()
        return
    one = action.get("clip_id")
    clips = [one] if one else clips_at(services, view, action)
    if clips is None:
        raise StorageError(GONE)
    if "tag" in action:
        tags.add(clips, action["tag"], action_id=action["id"])
    elif "untag" in action:
        tags.remove(clips, action["untag"], action_id=action["id"])
    elif action["decision"] in (KEEP, DROP):
        tags.add(clips, action["decision"], action_id=action["id"])
    else:
        for tag in [tag for tag in tags.of_clip(clips[0]) if tag in (KEEP, DROP)]:
            tags.remove(clips, tag, action_id=action["id"])
