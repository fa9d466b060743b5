"""Hand tracks in the form that the player draws, and the switch that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from storage.clips import StoredClip
    from storage.feature_rows import ClipTrack

__all__ = ["DrawnTrack", "hand_overlay"]

MOST_CLIPS = 60
"""The most clips whose tracks are sent to the browser at once: about 2 MB."""
MISSING, SEEN = 0, 1
LANDMARKS = 21


@dataclass(frozen=True)
class DrawnHand:
    """A hand at one time: `xy` are its 21 landmarks as shares of width and height, one after the other."""

    slot: int
    seen: bool
    xy: list[float]


@dataclass(frozen=True)
class DrawnTrack:
    """The hands of one clip, as the browser draws them: those of each time of `t_s`."""

    start_s: float
    end_s: float
    t_s: list[float]
    hands: list[list[DrawnHand]]


def hand_overlay(services: Services, clips: Sequence[StoredClip]) -> list[DrawnTrack]:
    """The tracks of the first clips of a video, where the switch is on and there are any."""
    tracks = [(clip, services.workspace.features.track("hand_track", clip.clip_id)) for clip in clips[:MOST_CLIPS]]
    found = [(clip, track) for clip, track in tracks if track is not None]
    if not found or not st.toggle("Draw hands", key="draw-hands", help="The hand track that the features come from."):
        return []
    return [as_drawn(clip, track) for clip, track in found]


def as_drawn(clip: StoredClip, track: ClipTrack) -> DrawnTrack:
    """One clip's track: for each time, the hands with their 21 landmarks as shares of width and height."""
    series = track.series
    count = len(series["t_s"])
    state = np.asarray(series["state"], np.uint8).reshape(count, -1)
    landmarks = np.asarray(series["landmarks"], np.float32).reshape(count, state.shape[1], LANDMARKS, 3)
    hands = [
        [
            DrawnHand(
                slot=slot,
                seen=bool(state[index, slot] == SEEN),
                xy=[round(float(value), 4) for value in landmarks[index, slot, :, :2].ravel()],
            )
            for slot in range(state.shape[1])
            if state[index, slot] != MISSING
        ]
        for index in range(count)
    ]
    times_s = [float(t) for t in np.asarray(series["t_s"], np.float64)]
    return DrawnTrack(start_s=clip.start_s, end_s=clip.end_s, t_s=times_s, hands=hands)
