"""A few clips as cards: hover to scrub, K keep, D drop, T tag, Z undo, a click opens."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger, uninterrupted
from app.components.browser.script import component_script
from app.components.clips.actions import acknowledged, finish_actions, take_actions
from app.components.clips.card import card
from app.components.clips.library_address import go_to_clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from storage.library.rows import LibraryRow

__all__ = ["CARD_CSS", "clip_wall", "clips_wall"]

HERE = Path(__file__).parent
CARD_CSS = (HERE / "card.css").read_text(encoding="utf-8")
_component = st.components.v2.component(
    "clip_wall",
    html="<div class='root'></div>\n",
    css=CARD_CSS + (HERE / "wall.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "wall.js"),
)


def clips_wall(services: Services, captions: dict[str, str], *, key: str) -> None:
    """Draw clips by id, in this order, each with a caption in place of its video and time."""
    rows = services.workspace.library.rows(list(captions))
    clip_wall(services, rows, badge="", key=key, captions=captions)


def clip_wall(
    services: Services,
    rows: Sequence[LibraryRow],
    *,
    badge: str,
    key: str,
    captions: dict[str, str] | None = None,
    here: bool = False,
) -> None:
    """Draw clips in this order; `badge` names the column of the number on each. A click opens the clip; `here` says
    that the wall is on the Library itself.

    Keys go to the clip under the pointer, or to the one that has the focus.
    """
    data = {
        "cards": [asdict(card(row, badge, (captions or {}).get(row.clip_id))) for row in rows],
        "tags": services.workspace.library.tag_names(),
        "acknowledged": acknowledged(),
    }
    _component(
        data=data,
        key=key,
        on_log_change=uninterrupted(lambda: take_actions(services, key)),
        on_open_change=hold_trigger(key, "open"),
    )
    finish_actions(services, key)
    if opened := take_trigger(key, "open"):
        go_to_clip(opened, here=here)
