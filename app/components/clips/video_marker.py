"""A video player with its clips on a timeline, where in and out points are marked with keys I and O or the mouse."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger
from app.components.browser.script import component_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.components.clips.hand_overlay import DrawnTrack
    from app.media import Footage
    from storage.clips import StoredClip

__all__ = ["Marked", "Split", "video_marker"]

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "video_marker",
    html="<div class='marker'></div>\n",
    css=(HERE / "video_marker.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "video_marker.js"),
)


@dataclass(frozen=True)
class Marked:
    """A window that was just marked."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Split:
    """A time at which the clip should be split."""

    at_s: float


def video_marker(
    footage: Footage,
    *,
    duration_s: float,
    fps: float,
    clips: Sequence[StoredClip],
    tracks: Sequence[DrawnTrack],
    key: str,
    own: StoredClip | None = None,
) -> Marked | Split | None:
    """Draw the player; returns a mark in the one run that follows it, else None.

    `tracks` are hand tracks from `hand_overlay`, drawn over the picture. With `own`, one of the clips, the player
    loops that clip and marks change its window.
    """
    data = {
        "src": footage.url,
        "zero_s": footage.zero_s,
        "duration_s": duration_s,
        "fps": max(1.0, fps),
        "clips": [as_marked(clip) for clip in clips],
        "tracks": [asdict(track) for track in tracks],
        "window": as_marked(own) if own else None,
    }
    _component(
        data=data, key=key, on_marked_change=hold_trigger(key, "marked"), on_split_change=hold_trigger(key, "split")
    )
    if split := take_trigger(key, "split"):
        return Split(float(split["at_s"]))
    marked = take_trigger(key, "marked")
    return Marked(float(marked["start_s"]), float(marked["end_s"])) if marked else None


def as_marked(clip: StoredClip) -> dict[str, str | float | None]:
    """A clip as the browser has it."""
    return {
        "clip_id": clip.clip_id,
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "origin": clip.origin,
        "narration": clip.narration,
    }
