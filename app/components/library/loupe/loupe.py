"""Shows one clip large with its neighbours in a view; stepping, keeping, dropping and tagging happen in the browser."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger, uninterrupted
from app.components.browser.script import component_script
from app.components.clips.actions import acknowledged, finish_actions, take_actions
from app.components.clips.card import Card, card
from app.components.clips.library_address import address_of, open_clip, step_to
from app.media import footage_of_clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.components.clips.hand_overlay import DrawnTrack
    from app.services import Services
    from storage.library.around import Around
    from storage.library.rows import LibraryRow
    from storage.library.view import ClipView

__all__ = ["Seen", "loupe", "seen_clips"]

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "loupe",
    html="<div class='loupe'></div>\n",
    css=(HERE / "loupe.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "loupe.js"),
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A clip as the browser plays it. `loupe_state.js` has the same fields."""

    card: Card
    src: str
    """Empty where a browser can't play it."""
    zero_s: float
    start_s: float
    end_s: float
    fps: float


def seen_clips(services: Services, rows: Sequence[LibraryRow], badge: str) -> list[Seen]:
    """Clips with all that playing them takes; `badge` names the column of the number on each."""
    playback = {clip.clip_id: clip for clip in services.workspace.clips.playback(row.clip_id for row in rows)}
    found: list[Seen] = []
    for row in rows:
        clip = playback.get(row.clip_id)
        footage = footage_of_clip(clip) if clip else None
        found.append(
            Seen(
                card=card(row, badge),
                src=footage.url if footage else "",
                zero_s=footage.zero_s if footage else 0.0,
                start_s=row.start_s,
                end_s=row.end_s,
                fps=max(1.0, clip.fps) if clip else 30.0,
            )
        )
    return found


def loupe(
    services: Services,
    view: ClipView,
    found: Around,
    clip_id: str,
    *,
    tracks: Sequence[DrawnTrack],
    in_view: bool,
    key: str,
) -> str | None:
    """Draw the clip and its neighbours; returns the clip whose window somebody wants to change.

    The browser moves on by itself, with the window's address, and says so afterwards: the page's facts follow.
    `in_view` is false where the neighbours are those of the whole library, because the view does not hold the clip.
    """
    data = {
        "clip_id": clip_id,
        "clips": [asdict(clip) for clip in seen_clips(services, found.clips, view.sort or "likeness")],
        "place": found.place,
        "total": found.total,
        "in_view": in_view,
        "address": address_of(view),
        "tags": services.workspace.library.tag_names(),
        "tracks": [asdict(track) for track in tracks],
        "acknowledged": acknowledged(),
    }
    _component(
        data=data,
        key=key,
        on_log_change=uninterrupted(lambda: take_actions(services, key)),
        on_at_change=uninterrupted(lambda: follow(key)),
        on_left_change=uninterrupted(lambda: open_clip(None)),
        on_edit_change=hold_trigger(key, "edit"),
    )
    finish_actions(services, key)
    wanted = take_trigger(key, "edit")
    return str(wanted) if wanted else None


def follow(key: str) -> None:
    """Remember the clip at which the browser is."""
    at = st.session_state[key].get("at")
    if at:
        step_to(str(at))
