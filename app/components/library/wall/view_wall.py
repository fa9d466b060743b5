"""The clips of a view as one endless wall: select, keep, drop, tag, label, compare, export. A feed brings its cards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger, uninterrupted
from app.components.browser.script import component_script
from app.components.clips.actions import acknowledged, finish_actions, take_actions
from app.components.clips.library_address import open_clip
from app.components.clips.wall import CARD_CSS
from app.components.library.wall.selected import act_on_selected, show_selected
from app.wall_feed import WALL_FEED
from storage.library.view import view_params

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.order import ViewOrder
    from storage.library.view import ClipView

__all__ = ["view_wall"]

HERE = Path(__file__).parent
KEY = "library-wall"
_component = st.components.v2.component(
    "view_wall",
    html="<div class='root'></div>\n",
    css=CARD_CSS + (HERE / "view_wall.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "view_wall.js"),
)


def view_wall(services: Services, view: ClipView, order: ViewOrder) -> None:
    """Draw the wall, and do what was asked for on it."""
    _component(
        data={
            "feed": WALL_FEED,
            "view": urlencode(view_params(view), doseq=True),
            "total": len(order),
            "order": order.version,
            "changes": services.workspace.database.changes,
            "tags": services.workspace.library.tag_names(),
            "acknowledged": acknowledged(),
        },
        key=KEY,
        on_log_change=uninterrupted(lambda: take_actions(services, KEY)),
        on_open_change=uninterrupted(open_asked),
        on_asked_change=hold_trigger(KEY, "asked", lambda asked: show_selected(services, view, asked)),
    )
    finish_actions(services, KEY)
    if asked := take_trigger(KEY, "asked"):
        act_on_selected(services, view, asked)


def open_asked() -> None:
    """Open the clip that was asked for, before the page is drawn: else the whole wall would be drawn once more."""
    clip_id = (st.session_state.get(KEY) or {}).get("open")
    if clip_id:
        open_clip(str(clip_id))
