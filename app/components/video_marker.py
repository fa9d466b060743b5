"""A player with its clips on a timeline, where a person marks in and out: keyboard I and O, and the mouse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

__all__ = ["Marked", "video_marker"]

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "video_marker",
    html="<div class='marker'></div>\n",
    css=(HERE / "video_marker.css").read_text(encoding="utf-8"),
    js=(HERE / "video_marker.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Marked:
    """A window that a person just marked."""

    start_s: float
    end_s: float


def video_marker(
    src: str,
    *,
    duration_s: float,
    fps: float,
    clips: list[dict[str, Any]],
    tracks: list[dict[str, Any]],
    key: str,
) -> Marked | None:
    """Draw the player; returns the window in the one run after it was marked, else None.

    `tracks` are hand tracks as `hand_overlay` gives them: they are drawn over the picture.
    """
    data = {"src": src, "duration_s": duration_s, "fps": max(1.0, fps), "clips": clips, "tracks": tracks}
    marked = _component(data=data, key=key, on_marked_change=lambda: None).marked
    return Marked(float(marked["start_s"]), float(marked["end_s"])) if marked else None
