"""A wall of clip thumbnails: hover to scrub, arrows to move, K keep, D drop, T tag, Z undo, Enter open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.browser.script import component_script
from app.components.clips.library_address import go_to_clip
from app.media import media_url
from app.text import duration, timecode
from storage.tags import DROP, KEEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from storage.library.rows import LibraryRow

__all__ = ["clip_wall", "clips_wall"]

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "clip_wall",
    html="<div class='root'></div>\n",
    css=(HERE / "wall.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "wall.js"),
)
ACKNOWLEDGED = "library-acknowledged"
MOST_ACKNOWLEDGED = 200


def clips_wall(services: Services, captions: dict[str, str], *, key: str) -> None:
    """Draw clips by id, in this order, each with a caption in place of its video and time."""
    rows = services.workspace.library.rows(list(captions))
    clip_wall(services, rows, badge="", key=key, legend=False, captions=captions)


def clip_wall(
    services: Services,
    rows: Sequence[LibraryRow],
    *,
    badge: str,
    key: str = "wall",
    legend: bool = True,
    captions: dict[str, str] | None = None,
    here: bool = False,
) -> None:
    """Draw clips in this order; `badge` names what the number on each says. A click opens the clip;
    `here` tells that the wall is on the Library itself.

    Keys go to the wall with the legend; of several, to the one under the pointer. They act on the marked clip, if its
    mark is in view.
    """
    data = {
        "cards": [card(row, badge, (captions or {}).get(row.clip_id)) for row in rows],
        "tags": list(services.workspace.library.facets().tags),
        "legend": legend,
        "acknowledged": st.session_state.get(ACKNOWLEDGED, []),
    }
    opened = _component(data=data, key=key, on_log_change=lambda: take(services, key), on_open_change=lambda: None).open
    if opened:
        go_to_clip(opened, here=here)


def card(row: LibraryRow, badge: str, caption: str | None = None) -> dict[str, Any]:
    """One clip's data for the browser."""
    place = f"{timecode(row.start_s)} – {timecode(row.end_s)}"
    tags = [tag for tag in row.tags if tag not in (KEEP, DROP)]
    score = row.sorted_by if row.sorted_by is not None else row.reward
    said = [f"reward {row.reward:.2f} ± {row.reward_std:.2f}"] if row.reward is not None else []
    named = badge if row.sorted_by is not None else "reward"
    return {
        "id": row.clip_id,
        "title": row.narration or row.video_name,
        "below": caption
        if caption is not None
        else " · ".join([*tags, f"{row.video_name}, {timecode(row.start_s)}" if row.narration else place]),
        "length": duration(row.duration_s),
        "score": f"{score:.3g}" if score is not None else "",
        "hint": "\n".join([row.video_name, place, *said, *([f"{named} {score:.4g}"] if score is not None else [])]),
        "thumbnail": media_url(row.thumbnail) if row.thumbnail else None,
        "sprite": sprite(row),
        "decision": next((tag for tag in row.tags if tag in (KEEP, DROP)), None),
    }


def sprite(row: LibraryRow) -> dict[str, Any] | None:
    """The scrub sprite's address and layout."""
    if not row.sprite or not row.sprite_details:
        return None
    details = json.loads(row.sprite_details)
    return {"url": media_url(row.sprite), **details}


def take(services: Services, key: str) -> None:
    """Apply the browser's actions that are not confirmed yet; an action sent twice is applied once."""
    log = st.session_state[key].get("log") or []
    done: list[str] = st.session_state.setdefault(ACKNOWLEDGED, [])
    tags = services.workspace.tags
    for action in log:
        if action["id"] in done:
            continue
        if action.get("undo"):
            tags.undo()
        elif "tag" in action:
            tags.add([action["clip_id"]], action["tag"], action_id=action["id"])
        elif action["decision"] is None:
            decided = [tag for tag in tags.of_clip(action["clip_id"]) if tag in (KEEP, DROP)]
            for tag in decided:
                tags.remove([action["clip_id"]], tag, action_id=action["id"])
        else:
            tags.add([action["clip_id"]], action["decision"], action_id=action["id"])
        done.append(action["id"])
    st.session_state[ACKNOWLEDGED] = done[-MOST_ACKNOWLEDGED:]
