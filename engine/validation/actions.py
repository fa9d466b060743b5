"""Pseudo-actions: what hands do next, from hand tracks, where video has no robot's actions. Pure arithmetic.

The target at a frame is where each palm goes in the next half second, as the camera of that frame sees it (after
EgoMimic), with the camera's own motion taken out by one homography a step (two-dimensional hands and homographies,
after EMAG). Units are palm lengths: they do not depend on how far away a hand is or how large the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.features.hand_tracks import MISSING, SEEN, palm_centre, palm_length

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "ACTION_HZ",
    "DEPTH",
    "GRIP",
    "HANDS",
    "HORIZON",
    "OUTPUTS",
    "PAST_STEPS",
    "ClipActions",
    "HandSeries",
    "hand_series",
    "pseudo_actions",
]

ACTION_HZ = 10.0
HORIZON = 5
"""Future positions of a palm, a tenth of a second apart."""
HANDS = 2
"""Left and right in the picture."""
OUTPUTS = 2 * HORIZON + 2
"""Numbers a hand: five positions (x, y), then the change of log palm length and of aperture over the horizon."""
DEPTH, GRIP = OUTPUTS - 2, OUTPUTS - 1
PAST_STEPS = 2
"""The frame that tells a model how things move was shown 0.2 s before."""
_LEAST_RATE_HZ = 8.0
_TIP_OF_THUMB, _TIP_OF_INDEX = 4, 8


@dataclass(frozen=True)
class HandSeries:
    """A clip's hand track as the store keeps it. `n` frames, two slots."""

    t_s: NDArray[np.float64]
    """`(n,)`, presentation times in the video."""
    state: NDArray[np.uint8]
    """`(n, 2)`: MISSING, SEEN or INTERPOLATED."""
    landmarks: NDArray[np.float32]
    """`(n, 2, 21, 3)`, normalised by the frame's size."""
    score: NDArray[np.float32]
    """`(n, 2)`."""
    track: NDArray[np.int32]
    """`(n, 2)`: which hand is which."""
    homography: NDArray[np.float64]
    """`(n, 3, 3)`, normalised: from the frame before to this one; all zero where it is not to be trusted."""
    size: tuple[int, int]
    """Width and height in px."""


def hand_series(row: Mapping[str, Any]) -> HandSeries:
    """A row of the table `hand_track`, its lists shaped again."""
    t_s = np.asarray(row["t_s"], np.float64)
    n = len(t_s)
    width, height = (int(side) for side in row["frame_size"])
    return HandSeries(
        t_s,
        np.asarray(row["state"], np.uint8).reshape(n, HANDS),
        np.asarray(row["landmarks"], np.float32).reshape(n, HANDS, 21, 3),
        np.asarray(row["score"], np.float32).reshape(n, HANDS),
        np.asarray(row["track"], np.int32).reshape(n, HANDS),
        np.asarray(row["homography"], np.float64).reshape(n, 3, 3),
        (width, height),
    )


@dataclass(frozen=True)
class ClipActions:
    """The pseudo-actions at every frame of a clip: `n` frames, left and right hand, `OUTPUTS` numbers a hand."""

    t_s: NDArray[np.float64]
    target: NDArray[np.float32]
    """`(n, 2, OUTPUTS)`, in palm lengths (log ratio for the depth); 0 where not valid."""
    valid: NDArray[np.bool_]
    """`(n, 2)`: the hand is followed through the whole horizon, and the camera's motion is known throughout."""
    velocity: NDArray[np.float32]
    """`(n, 2, OUTPUTS)`: what constant velocity since 0.2 s before would give; 0 where the past is not known."""
    palm: NDArray[np.float32]
    """`(n, 2, 2)`: the palm's centre, normalised to [0, 1] of the frame."""
    present: NDArray[np.bool_]
    """`(n, 2)`: the hand is there."""
    confidence: NDArray[np.float32]
    """`(n, 2)`: the detector's, 0 where the hand was not seen in this very frame."""
    step: int
    """Frames in a tenth of a second."""

    @property
    def usable(self) -> tuple[int, int]:
        """Half-open range of frames that have a past and a whole future, whatever the hands do."""
        return PAST_STEPS * self.step, max(PAST_STEPS * self.step, len(self.t_s) - HORIZON * self.step)

    def spread(self, count: int) -> NDArray[np.intp]:
        """`count` frames spread evenly over the usable ones; a short clip has some twice, one with none has none.

        A fixed number, so that a clip's length can't enter its gain.
        """
        first, end = self.usable
        if end <= first:
            return np.empty(0, np.intp)
        return np.asarray(np.floor(first + (np.arange(count) + 0.5) * (end - first) / count), np.intp)


def pseudo_actions(series: HandSeries) -> ClipActions:
    """The pseudo-actions of a clip. Raises `EngineError` where the track was sampled too rarely."""
    n = len(series.t_s)
    rate_hz = 1 / float(np.median(np.diff(series.t_s))) if n > 1 else ACTION_HZ
    if rate_hz < _LEAST_RATE_HZ:
        raise EngineError(
            f"hands were looked for {rate_hz:.1f} times a second; pseudo-actions need {ACTION_HZ:g}",
            remedy="Set the hands' sampling rate to 10 Hz in features.yaml and extract again.",
        )
    step = max(1, round(rate_hz / ACTION_HZ))
    sides = _sides(series)
    shape = (n, HANDS, OUTPUTS)
    target, velocity = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    valid, present = np.zeros((n, HANDS), bool), np.zeros((n, HANDS), bool)
    palm, confidence = np.zeros((n, HANDS, 2), np.float32), np.zeros((n, HANDS), np.float32)
    for hand in range(HANDS):
        frames, slots = np.nonzero(sides == hand)
        present[frames, hand] = True
        palm[frames, hand] = palm_centre(series.landmarks, (1, 1))[frames, slots]
        seen = series.state[frames, slots] == SEEN
        confidence[frames, hand] = np.where(seen, series.score[frames, slots], 0)
        _one_hand(series, frames, slots, step, target[:, hand], valid[:, hand], velocity[:, hand])
    return ClipActions(series.t_s, target, valid, velocity, palm, present, confidence, step)


def _sides(series: HandSeries) -> NDArray[np.int8]:
    """`(n, 2)`: 0 for the left hand in the picture, 1 for the right, −1 where a slot is empty.

    A track keeps one side throughout: it is where the track usually is, against the other hand where there is one,
    against the middle of the frame where there is none.
    """
    x = palm_centre(series.landmarks, (1, 1))[..., 0]
    there = series.state != MISSING
    both = there.all(axis=1)
    against = np.where(both[:, None], x[:, ::-1], 0.5)
    lean = np.where(there, np.sign(x - against), 0.0)
    mean_lean = np.zeros_like(lean)
    for number in np.unique(series.track[there]):
        own = there & (series.track == number)
        mean_lean[own] = lean[own].mean() + 1e-3 * (x[own].mean() - 0.5)
    sides = np.where(there, (mean_lean > 0).astype(np.int8), -1).astype(np.int8)
    clash = both & (sides[:, 0] == sides[:, 1])
    first_is_right = mean_lean[clash, 0] > mean_lean[clash, 1]
    sides[clash, 0], sides[clash, 1] = first_is_right, ~first_is_right
    return sides


def _one_hand(
    series: HandSeries,
    frames: NDArray[np.intp],
    slots: NDArray[np.intp],
    step: int,
    target: NDArray[np.float32],
    valid: NDArray[np.bool_],
    velocity: NDArray[np.float32],
) -> None:
    """Fill one side's arrays, `(n, OUTPUTS)` and `(n,)`, from the frames and slots where it is."""
    if not len(frames):
        return
    n, size = len(series.t_s), np.array(series.size, np.float64)
    centre, track = np.zeros((n, 2)), np.full(n, -1)
    length, aperture = np.zeros(n), np.zeros(n)
    marks = series.landmarks[frames, slots]
    centre[frames], track[frames] = palm_centre(marks, (1, 1)), series.track[frames, slots]
    length[frames] = palm_length(marks, series.size)
    gap = (marks[:, _TIP_OF_THUMB, :2] - marks[:, _TIP_OF_INDEX, :2]).astype(np.float64) * size
    aperture[frames] = np.linalg.norm(gap, axis=1)
    palm_px = float(np.median(length[frames]))
    if palm_px <= 0:
        return
    chain, known = _chains(series.homography, HORIZON * step)
    ahead = [k * step for k in range(1, HORIZON + 1)]
    for t in range(n - HORIZON * step):
        after = t + np.array(ahead)
        if track[t] < 0 or not known[t] or np.any(track[t : t + ahead[-1] + 1] != track[t]):
            continue
        if min(length[t], length[after[-1]]) <= 0:
            continue
        places = np.array([_back(chain[t, k - 1], centre[t + k]) for k in ahead])
        target[t, :DEPTH] = ((places - centre[t]) * size / palm_px).ravel()
        target[t, DEPTH] = np.log(length[after[-1]] / length[t])
        target[t, GRIP] = (aperture[after[-1]] - aperture[t]) / palm_px
        valid[t] = bool(np.all(np.isfinite(target[t])))
    target[~valid] = 0
    back = PAST_STEPS * step
    for t in range(back, n):
        steps = series.homography[t - back + 1 : t + 1]
        if track[t] < 0 or np.any(track[t - back : t + 1] != track[t]) or not steps.any(axis=(1, 2)).all():
            continue
        moved = centre[t - back]
        for homography in steps:
            moved = _forward(homography, moved)
        rate = (centre[t] - moved) * size / palm_px / PAST_STEPS
        velocity[t, :DEPTH] = (np.arange(1, HORIZON + 1)[:, None] * rate).ravel()
    velocity[~np.isfinite(velocity).all(axis=1)] = 0


def _chains(homography: NDArray[np.float64], length: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`chain[t, k − 1]` `(3, 3)` leads from frame t to frame t + k; `known[t]`: every step of the whole length is."""
    n = len(homography)
    chain = np.zeros((n, length, 3, 3))
    known = np.zeros(n, bool)
    trusted = np.asarray(homography.any(axis=(1, 2)), bool)
    for t in range(n - length):
        known[t] = bool(trusted[t + 1 : t + length + 1].all())
        whole = np.eye(3)
        for k in range(1, length + 1):
            whole = homography[t + k] @ whole
            chain[t, k - 1] = whole
    return chain, known


def _forward(homography: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, w = homography @ np.array([point[0], point[1], 1.0])
    return np.array([x / w, y / w]) if abs(w) > 1e-9 else np.full(2, np.nan)


def _back(homography: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a point of the later frame would be in the earlier one."""
    try:
        x, y, w = np.linalg.solve(homography, np.array([point[0], point[1], 1.0]))
    except np.linalg.LinAlgError:
        return np.full(2, np.nan)
    return np.array([x / w, y / w]) if abs(w) > 1e-9 else np.full(2, np.nan)
