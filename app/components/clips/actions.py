"""Applies what people do to clips on a wall: keep, drop, tag, undo; each action once, however often it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.clips.library_address import current_view
from engine.errors import HandpickedError
from storage.tags import DROP, KEEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["GONE", "acknowledged", "clips_at", "take_actions"]

ACKNOWLEDGED = "library-acknowledged"
MOST_ACKNOWLEDGED = 200
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


def take_actions(services: Services, key: str) -> None:
    """Apply the actions of a wall that are not done yet."""
    done = [*acknowledged()]
    for action in st.session_state[key].get("log") or []:
        if action["id"] in done:
            continue
        try:
            _take(services, action)
        except HandpickedError as error:
            st.toast(str(error), icon=":material/error:")
        done.append(action["id"])
    st.session_state[ACKNOWLEDGED] = done[-MOST_ACKNOWLEDGED:]


def _take(services: Services, action: Mapping[str, Any]) -> None:
    tags = services.workspace.tags
    if action.get("undo"):
        tags.undo()
        return
    one = action.get("clip_id")
    clips = [one] if one else clips_at(services, current_view(), action)
    if clips is None:
        st.toast(GONE, icon=":material/error:")
    elif "tag" in action:
        tags.add(clips, action["tag"], action_id=action["id"])
    elif "untag" in action:
        tags.remove(clips, action["untag"], action_id=action["id"])
    elif action["decision"] in (KEEP, DROP):
        tags.add(clips, action["decision"], action_id=action["id"])
    else:
        for tag in [tag for tag in tags.of_clip(clips[0]) if tag in (KEEP, DROP)]:
            tags.remove(clips, tag, action_id=action["id"])
