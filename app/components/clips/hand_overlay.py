"""Hand tracks as the player draws them, and the switch that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["hand_overlay"]

MOST_CLIPS = 60
"""Tracks of this many clips go to the browser at once: about 2 MB."""
MISSING, SEEN = 0, 1
LANDMARKS = 21


def hand_overlay(services: Services, clips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tracks of the first clips of a video, where the switch is on and there are any."""
    rows = [(clip, services.workspace.features.track("hand_track", clip["clip_id"])) for clip in clips[:MOST_CLIPS]]
    found = [(clip, row) for clip, row in rows if row is not None]
    if not found or not st.toggle("Draw hands", key="draw-hands", help="The hand track that the features come from."):
        return []
    return [as_drawn(clip, row) for clip, row in found]


def as_drawn(clip: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """One clip's track: for each time, the hands with their 21 landmarks as shares of width and height."""
    count = len(row["t_s"])
    state = np.asarray(row["state"], np.uint8).reshape(count, -1)
    landmarks = np.asarray(row["landmarks"], np.float32).reshape(count, state.shape[1], LANDMARKS, 3)
    hands = [
        [
            {
                "slot": slot,
                "seen": bool(state[index, slot] == SEEN),
                "xy": [round(float(value), 4) for value in landmarks[index, slot, :, :2].ravel()],
            }
            for slot in range(state.shape[1])
            if state[index, slot] != MISSING
        ]
        for index in range(count)
    ]
    return {"start_s": clip["start_s"], "end_s": clip["end_s"], "t_s": [float(t) for t in row["t_s"]], "hands": hands}
