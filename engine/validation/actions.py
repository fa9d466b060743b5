"""Pseudo-actions: what hands do next, from hand tracks, where video has no robot's actions. Pure arithmetic.

The target at a frame is where each palm goes in the next half second, as the camera of that frame sees it (after
EgoMimic), with the camera's own motion taken out by one homography a step (two-dimensional hands and homographies,
after EMAG). Units are palm lengths: they do not depend on how far away a hand is or how large the picture.

Tracks are brought to ten even steps a second first (`hand_series.py`): rows are tenths of a second, whatever the
video's frame rate. How a hand's distance changes is no part of the target: against the renderer's truth, 69 % of the
variance of that number was error of measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import EngineError
from engine.features.hand.tracks import MISSING, SEEN, palm_centre, palm_length
from engine.validation.hand_series import HANDS, at_even_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.validation.hand_series import HandSeries

__all__ = [
    "ACTION_HZ",
    "GRIP",
    "HORIZON",
    "LOOKS_BACK",
    "OUTPUTS",
    "PAST_STEPS",
    "STATE",
    "STATE_OFFSETS",
    "TIP_OF_INDEX",
    "TIP_OF_THUMB",
    "USUAL_LOG_SIZE",
    "ClipActions",
    "hand_sides",
    "moved_back",
    "pseudo_actions",
]

ACTION_HZ = 10.0
HORIZON = 5
"""Future positions of a palm, a tenth of a second apart."""
OUTPUTS = 2 * HORIZON + 1
"""Numbers a hand: five positions (x, y), then the change of the gap of thumb and index finger over the horizon."""
GRIP = OUTPUTS - 1
LOOKS_BACK = (1, 2, 4)
"""How many rows ago the way of a hand is looked at: 0.1, 0.2 and 0.4 s."""
STATE = 5 + 3 * len(LOOKS_BACK)
"""Numbers a hand that a robot would know of its own arm: whether it is there; the palm's place (x, y) from the middle
of the frame, in frames; log palm length as a share of its width; how far it went in the last 0.1, 0.2 and 0.4 s (x, y
each) in palm lengths, and whether each is known; the gap of thumb and index finger in palm lengths. All 0 where the
hand is not."""
STATE_OFFSETS = {"present": 0, "place": 1, "size": 3, "way": 4, "way_known": 10, "grip": 13}
"""Where each of them begins."""
PAST_STEPS = 2
"""The frame that tells a model how things move was shown 0.2 s before, two rows."""
TIP_OF_THUMB, TIP_OF_INDEX = 4, 8
USUAL_LOG_SIZE = -2.0
"""A palm is usually about a seventh of the frame's width long: this puts the number near zero."""


@dataclass(frozen=True, kw_only=True)
class ClipActions:
    """The pseudo-actions of a clip: `n` rows a tenth of a second apart; left and right hand; `OUTPUTS` each."""

    t_s: Floats
    """`(n,)`: when each row is, in seconds of the video; frames need not be shown at just these times."""
    target: NDArray[np.float32]
    """`(n, 2, OUTPUTS)`, in palm lengths; 0 where not valid."""
    valid: Flags
    """`(n, 2)`: the hand is followed through the whole horizon, and the camera's motion is known throughout."""
    velocity: NDArray[np.float32]
    """`(n, 2, OUTPUTS)`: what constant velocity since 0.2 s before would give; 0 where the past is not known."""
    state: NDArray[np.float32]
    """`(n, 2, STATE)`: what the hand's own track says of it up to this row."""
    palm: NDArray[np.float32]
    """`(n, 2, 2)`: the palm's centre, normalised to [0, 1] of the frame."""
    present: Flags
    """`(n, 2)`: the hand is there."""
    confidence: NDArray[np.float32]
    """`(n, 2)`: the detector's, 0 where the hand was not seen at this very time."""
    covered: Flags
    """`(n,)`: the video was looked at around this time; False inside a pause of the recording."""

    @property
    def usable(self) -> Rows:
        """The rows that have a past and a whole future, whatever the hands do, in order."""
        n, before, after = len(self.t_s), PAST_STEPS, HORIZON
        if n <= before + after:
            return np.empty(0, np.intp)
        around = np.lib.stride_tricks.sliding_window_view(self.covered, before + after + 1)
        return np.flatnonzero(around.all(axis=1)) + before

    def spread(self, count: int) -> Rows:
        """The usable rows, or `count` of them spread evenly where there are more."""
        usable = self.usable
        if len(usable) <= count:
            return usable
        return usable[np.floor((np.arange(count) + 0.5) * len(usable) / count).astype(np.intp)]


def pseudo_actions(samples: HandSeries) -> ClipActions:
    """The pseudo-actions of a clip. Raises `EngineError` where hands were looked for too rarely to tell any."""
    even = at_even_times(samples, ACTION_HZ)
    series, n = even.series, len(even.series.t_s)
    if n > 1 and not (even.covered[1:] & even.covered[:-1]).any():
        raise EngineError(
            f"hands were looked for every {np.median(np.diff(samples.t_s)):.2f} s, too rarely for actions of half a "
            "second",
            remedy="Pseudo-actions need a look every 0.15 s: a video of at least 7 frames a second, and a sampling "
            "rate of the hands, in features.yaml, of 10 Hz.",
        )
    sides = hand_sides(series)
    shape = (n, HANDS, OUTPUTS)
    target, velocity = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    valid, present = np.zeros((n, HANDS), bool), np.zeros((n, HANDS), bool)
    palm, confidence = np.zeros((n, HANDS, 2), np.float32), np.zeros((n, HANDS), np.float32)
    state = np.zeros((n, HANDS, STATE), np.float32)
    for hand in range(HANDS):
        rows, slots = np.nonzero(sides == hand)
        present[rows, hand] = True
        palm[rows, hand] = palm_centre(series.landmarks, (1, 1))[rows, slots]
        seen = series.state[rows, slots] == SEEN
        confidence[rows, hand] = np.where(seen, series.score[rows, slots], 0)
        _one_hand(series, rows, slots, target[:, hand], valid[:, hand], velocity[:, hand], state[:, hand])
    return ClipActions(
        t_s=series.t_s,
        target=target,
        valid=valid,
        velocity=velocity,
        state=state,
        palm=palm,
        present=present,
        confidence=confidence,
        covered=even.covered,
    )


def hand_sides(series: HandSeries) -> NDArray[np.int8]:
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
    rows: Rows,
    slots: Rows,
    target: NDArray[np.float32],
    valid: Flags,
    velocity: NDArray[np.float32],
    state: NDArray[np.float32],
) -> None:
    """Fill one side's arrays, `(n, OUTPUTS)`, `(n,)` and `(n, STATE)`, from the rows and slots where it is."""
    if not len(rows):
        return
    n, size = len(series.t_s), np.array(series.size, np.float64)
    centre, track = np.zeros((n, 2)), np.full(n, -1)
    length, aperture = np.zeros(n), np.zeros(n)
    marks = series.landmarks[rows, slots]
    centre[rows], track[rows] = palm_centre(marks, (1, 1)), series.track[rows, slots]
    length[rows] = palm_length(marks, series.size)
    gap = (marks[:, TIP_OF_THUMB, :2] - marks[:, TIP_OF_INDEX, :2]).astype(np.float64) * size
    aperture[rows] = np.linalg.norm(gap, axis=1)
    palm_px = float(np.median(length[rows]))
    if palm_px <= 0:
        return
    chain, known = _chains(series.homography, HORIZON)
    for t in range(n - HORIZON):
        last = t + HORIZON
        if track[t] < 0 or not known[t] or np.any(track[t : last + 1] != track[t]):
            continue
        places = np.array([moved_back(chain[t, k - 1], centre[t + k]) for k in range(1, HORIZON + 1)])
        target[t, :GRIP] = ((places - centre[t]) * size / palm_px).ravel()
        target[t, GRIP] = (aperture[last] - aperture[t]) / palm_px
        valid[t] = bool(np.all(np.isfinite(target[t])))
    target[~valid] = 0
    here, way, known_at = (STATE_OFFSETS[name] for name in ("place", "way", "way_known"))
    for number, back in enumerate(LOOKS_BACK):
        moved = _way(centre, track, series.homography, back) * size / palm_px
        told = np.isfinite(moved).all(axis=1)
        state[told, way + 2 * number : way + 2 * number + 2] = moved[told]
        state[told, known_at + number] = 1
        if back == PAST_STEPS:
            steady = np.arange(1, HORIZON + 1)[:, None] * moved[told, None] / PAST_STEPS
            velocity[told, :GRIP] = steady.reshape(-1, GRIP)
    state[rows, STATE_OFFSETS["present"]] = 1
    state[rows, here : here + 2] = centre[rows] - 0.5
    state[rows, STATE_OFFSETS["size"]] = np.log(np.maximum(length[rows], 1.0) / size[0]) - USUAL_LOG_SIZE
    state[rows, STATE_OFFSETS["grip"]] = aperture[rows] / palm_px


def _way(centre: Floats, track: Rows, homography: Floats, back: int) -> Floats:
    """`(n, 2)`: how far a palm went in the last `back` rows, as the camera of the row sees it; NaN where not known."""
    found = np.full((len(centre), 2), np.nan)
    for t in range(back, len(centre)):
        steps = homography[t - back + 1 : t + 1]
        if track[t] < 0 or np.any(track[t - back : t + 1] != track[t]) or not steps.any(axis=(1, 2)).all():
            continue
        moved = centre[t - back]
        for step in steps:
            moved = _forward(step, moved)
        found[t] = centre[t] - moved
    return found


def _chains(homography: Floats, length: int) -> tuple[Floats, Flags]:
    """`chain[t, k − 1]` `(3, 3)` leads from row t to row t + k; `known[t]`: every step of the whole length is."""
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


def _forward(homography: Floats, point: Floats) -> Floats:
    x, y, w = homography @ np.array([point[0], point[1], 1.0])
    return np.array([x / w, y / w]) if abs(w) > 1e-9 else np.full(2, np.nan)


def moved_back(homography: Floats, point: Floats) -> Floats:
    """Where a point of the later frame would be in the earlier one."""
    try:
        x, y, w = np.linalg.solve(homography, np.array([point[0], point[1], 1.0]))
    except np.linalg.LinAlgError:
        return np.full(2, np.nan)
    return np.array([x / w, y / w]) if abs(w) > 1e-9 else np.full(2, np.nan)
