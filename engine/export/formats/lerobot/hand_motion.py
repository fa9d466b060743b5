"""The hands in a clip's frames as arrays: landmarks in px of the encoded picture, or palm motion as pseudo-actions.

Hands are found as the extractor `hands` finds them, in every frame; left and right are sides of the picture, which each
hand keeps while it is followed (`engine/validation/actions.py`). The camera's motion is taken out of the palms' as in
validation, from one frame to the next.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.export.formats.lerobot.layout import ACTION, ACTION_VALID, KEYPOINTS, PRESENCE, STATE
from engine.features.base import COLOR_SHORT_SIDE_PX, GREY_SHORT_SIDE_PX, Clip
from engine.features.hand.clip_hands import ClipHands
from engine.features.hand.tracks import SEEN, palm_centre, palm_length
from engine.features.hands import Hands
from engine.features.resources import Resources
from engine.features.shared import Shared
from engine.validation.actions import TIP_OF_INDEX, TIP_OF_THUMB, hand_sides, moved_back
from engine.validation.hand_series import HANDS, hand_series
from engine.video.convert import bars, fit_within
from engine.video.types import FrameRequest, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.export.formats.lerobot.options import LerobotOptions
    from engine.validation.hand_series import HandSeries
    from engine.video.constant_rate import EvenFrame
    from engine.video.windows import Window

    Numbers = NDArray[np.float32]

__all__ = ["HandFrames", "HandLooks", "landmark_arrays", "motion_arrays"]

_MARKS = 21
_STATE_NUMBERS = 4


class HandLooks:
    """The landmarker, prepared once for all clips of a worker."""

    def __init__(self, options: LerobotOptions, fps: int) -> None:
        """Raises `EngineError` where the model's file is missing or can't be used."""
        settings = options.hands.model_copy(update={"rate_hz": float(fps), "backend": "mediapipe"})
        folders = tuple(Path(folder) for folder in options.weights_folders)
        self._extractor = Hands(settings, Resources(weights_folders=folders, device="cpu"))
        self._extractor.prepare()
        self._rate_hz, self._window_s = float(fps), settings.window_s

    def begin(self, window: Window) -> HandFrames:
        """Begin a clip: no state carries over from the one before."""
        clip = Clip("clip", window)
        frames = ClipHands(self._extractor.finder(), Shared(), clip, rate_hz=self._rate_hz, window_s=self._window_s)
        return HandFrames(frames, self._rate_hz)


class HandFrames:
    """Takes in the frames of one clip in order, and gives its hands' track."""

    def __init__(self, hands: ClipHands, rate_hz: float) -> None:
        self._hands = hands
        self._requests = (
            FrameRequest(rate_hz, COLOR_SHORT_SIDE_PX, "rgb"),
            FrameRequest(rate_hz, GREY_SHORT_SIDE_PX, "gray"),
        )

    def add(self, frame: EvenFrame) -> None:
        """Look at a frame."""
        for request in self._requests:
            image = frame.picture.image(request.short_side_px, request.color)
            self._hands.add(Sample(key="clip", request=request, index=frame.index, t_s=frame.t_s, image=image))

    def series(self) -> HandSeries:
        """The hands of the frames so far: one sample a frame."""
        self._hands.finish()
        return hand_series(self._hands.result().track or {})


def landmark_arrays(series: HandSeries, source: tuple[int, int], size: tuple[int, int]) -> Mapping[str, Numbers]:
    """Landmarks and presence of both hands: `(n, 126)` and `(n, 2)`.

    Landmarks are in px of the encoded picture, of `size`, which shows one of `source` within black bars: `(left, right)
    × 21 × (u, v, score)`. The score is the detector's of the whole hand; 0 where the hand was filled in between two
    frames. A hand that is absent is all 0.
    """
    inner = fit_within(source, size)
    left, top = bars(inner, size)
    points = np.zeros((len(series.t_s), HANDS, _MARKS, 3), np.float32)
    presence = np.zeros((len(series.t_s), HANDS), np.float32)
    sides = hand_sides(series)
    for hand in range(HANDS):
        rows, slots = np.nonzero(sides == hand)
        marks = series.landmarks[rows, slots]
        points[rows, hand, :, 0] = marks[..., 0] * inner[0] + left
        points[rows, hand, :, 1] = marks[..., 1] * inner[1] + top
        seen = series.state[rows, slots] == SEEN
        points[rows, hand, :, 2] = np.where(seen, series.score[rows, slots], 0)[:, None]
        presence[rows, hand] = 1
    return {KEYPOINTS: points.reshape(len(points), -1), PRESENCE: presence}


def motion_arrays(series: HandSeries) -> Mapping[str, Numbers]:
    """State, action and which actions are valid: `(n, 8)`, `(n, 8)` and `(n, 2)`.

    Of each hand, left and right: the palm's x and y, the palm's length as a share of the picture's width, and the gap
    of thumb and index finger. Places and gap are in palm lengths (the hand's median in the clip). A palm begins where
    it is seen, from the middle of the picture, and goes on by its steps with the camera's motion taken out; a hand that
    is absent is all 0. `action[t] = state[t + 1] − state[t]` where it is valid (the hand is followed, the camera's
    motion known), 0 elsewhere, and in the last frame.
    """
    n = len(series.t_s)
    state = np.zeros((n, HANDS, _STATE_NUMBERS), np.float32)
    valid = np.zeros((n, HANDS), bool)
    sides = hand_sides(series)
    for hand in range(HANDS):
        rows, slots = np.nonzero(sides == hand)
        _one_hand(series, rows, slots, state[:, hand], valid[:, hand])
    action = np.zeros_like(state)
    action[:-1] = np.where(valid[:-1, :, None], state[1:] - state[:-1], 0)
    flat = (n, HANDS * _STATE_NUMBERS)
    return {STATE: state.reshape(flat), ACTION: action.reshape(flat), ACTION_VALID: valid.astype(np.float32)}


def _one_hand(series: HandSeries, rows: Rows, slots: Rows, state: Numbers, valid: Flags) -> None:
    """Fill one side's state, `(n, 4)`, and which steps are known, `(n,)`, from the rows and slots where it is."""
    size = np.array(series.size, np.float64)
    marks = series.landmarks[rows, slots]
    length = palm_length(marks, series.size)
    palm_px = float(np.median(length)) if len(rows) else 0.0
    if palm_px <= 0:
        return
    n = len(series.t_s)
    centre, track, place = np.zeros((n, 2)), np.full(n, -1), np.zeros((n, 2))
    centre[rows], track[rows] = palm_centre(marks, (1, 1)), series.track[rows, slots]
    gap_px = np.linalg.norm((marks[:, TIP_OF_THUMB, :2] - marks[:, TIP_OF_INDEX, :2]).astype(np.float64) * size, axis=1)
    for t in rows:
        step = _step(series.homography[t], centre[t - 1], centre[t]) if t and track[t] == track[t - 1] else None
        if step is None:
            place[t] = (centre[t] - 0.5) * size / palm_px
        else:
            place[t] = place[t - 1] + step * size / palm_px
            valid[t - 1] = True
    state[rows, :2] = place[rows]
    state[rows, 2] = length / size[0]
    state[rows, 3] = gap_px / palm_px


def _step(homography: Floats, before: Floats, after: Floats) -> Floats | None:
    """How far a point went as the earlier frame sees it, in frames; None where the camera's motion is not known."""
    if not homography.any():
        return None
    step = moved_back(homography, after) - before
    return step if bool(np.isfinite(step).all()) else None
