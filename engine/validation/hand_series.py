"""A clip's hand track as the store keeps it, and the same track at even times.

Tracks are sampled at the first frame at or after each tenth of a second, so their steps are whole frames: 0.133 s in a
video of 15 frames a second, 0.08 and 0.12 s by turns in one of 25. What is counted in such samples is no time. Here
they are brought to even steps in time, by linear interpolation where the samples lie close enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.features.hand.tracks import INTERPOLATED, MISSING, SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows

__all__ = ["HANDS", "LONGEST_STEP_S", "EvenSeries", "HandSeries", "at_even_times", "hand_series"]

HANDS = 2
"""Left and right in the picture."""
LONGEST_STEP_S = 0.19
"""No two samples further apart than this are ever interpolated between."""
_USUAL_LONGEST_STEP_S = 0.15
_TENTH_S = 0.101
_FLAT = 1e-6
"""Determinant under which a camera's step would squash the picture: no motion of a camera."""
_NEAR_S = 0.005
"""A sample as near as this to an even time is taken as it is: 29.97 frames a second drift by a millisecond a second."""


@dataclass(frozen=True, kw_only=True)
class HandSeries:
    """A clip's hand track. `n` samples, two slots; a hand keeps its slot for as long as it is followed."""

    t_s: Floats
    """`(n,)`, presentation times in the video."""
    state: NDArray[np.uint8]
    """`(n, 2)`: MISSING, SEEN or INTERPOLATED."""
    landmarks: NDArray[np.float32]
    """`(n, 2, 21, 3)`, normalised by the frame's size."""
    score: NDArray[np.float32]
    """`(n, 2)`."""
    track: NDArray[np.int32]
    """`(n, 2)`: which hand is which."""
    homography: Floats
    """`(n, 3, 3)`, normalised: from the sample before to this one; all zero where it is not to be trusted."""
    size: tuple[int, int]
    """Width and height in px."""


@dataclass(frozen=True)
class EvenSeries:
    """A hand track at even times, and which of them the video's samples cover."""

    series: HandSeries
    covered: Flags
    """`(n,)`: False inside a gap too long to be interpolated over; no hand is there, no camera motion is known."""


def hand_series(row: Mapping[str, Any]) -> HandSeries:
    """A row of the table `hand_track`, its lists shaped again."""
    t_s = np.asarray(row["t_s"], np.float64)
    n = len(t_s)
    width, height = (int(side) for side in row["frame_size"])
    return HandSeries(
        t_s=t_s,
        state=np.asarray(row["state"], np.uint8).reshape(n, HANDS),
        landmarks=np.asarray(row["landmarks"], np.float32).reshape(n, HANDS, 21, 3),
        score=np.asarray(row["score"], np.float32).reshape(n, HANDS),
        track=np.asarray(row["track"], np.int32).reshape(n, HANDS),
        homography=np.asarray(row["homography"], np.float64).reshape(n, 3, 3),
        size=(width, height),
    )


def at_even_times(series: HandSeries, rate_hz: float) -> EvenSeries:
    """The track at `rate_hz` from its first sample on, linear between samples.

    Samples up to 0.15 s apart are interpolated between; in a track that is usually sampled every tenth of a second or
    oftener, up to 0.19 s, for a video of 12 frames a second then has steps of two frames now and then. A hand is there
    where the same track is there in both samples. The camera's motion between samples is shared out evenly over time.
    """
    if len(series.t_s) < 2:
        return EvenSeries(series, np.ones(len(series.t_s), bool))
    steps_s = np.diff(series.t_s)
    longest_s = LONGEST_STEP_S if np.median(steps_s) <= _TENTH_S else _USUAL_LONGEST_STEP_S
    count = int(np.floor((series.t_s[-1] - series.t_s[0] + _NEAR_S) * rate_hz)) + 1
    even_s = series.t_s[0] + np.arange(count) / rate_hz
    before = np.searchsorted(series.t_s, even_s + _NEAR_S, side="right") - 1
    after = np.minimum(before + 1, len(series.t_s) - 1)
    late_s = even_s - series.t_s[before]
    share = np.where(late_s > _NEAR_S, late_s / np.maximum(series.t_s[after] - series.t_s[before], 1e-9), 0.0)
    close = np.append(steps_s <= longest_s, False)  # of the step that begins at each sample
    covered = (share == 0) | close[before]
    even = _hands_at(series, before, after, share, covered)
    homography = _camera_at(series.homography, close, before, share)
    return EvenSeries(HandSeries(t_s=even_s, homography=homography, size=series.size, **even), covered)


def _hands_at(
    series: HandSeries,
    before: Rows,
    after: Rows,
    share: Floats,
    covered: Flags,
) -> dict[str, NDArray[Any]]:
    """State, landmarks, score and track between samples `before` and `after`, `share` of the way."""
    exact = (share == 0)[:, None]
    after = np.where(share == 0, before, after)
    one, other = series.state[before], series.state[after]
    there = (one != MISSING) & (other != MISSING) & (series.track[before] == series.track[after]) & covered[:, None]
    seen = (one == SEEN) & (other == SEEN)
    state = np.where(exact, one, np.where(seen, SEEN, INTERPOLATED)).astype(np.uint8)

    def between(values: NDArray[np.float32]) -> NDArray[np.float32]:
        shape = (-1, *[1] * (values.ndim - 1))
        weight = share.reshape(shape).astype(np.float32)
        mixed = (1 - weight) * values[before] + weight * values[after]
        return np.where(there.reshape(*there.shape, *[1] * (values.ndim - 2)), mixed, 0).astype(np.float32)

    return {
        "state": np.where(there, state, MISSING).astype(np.uint8),
        "landmarks": between(series.landmarks),
        "score": between(series.score),
        "track": np.where(there, series.track[before], -1).astype(np.int32),
    }


def _camera_at(homography: Floats, close: Flags, before: Rows, share: Floats) -> Floats:
    """`(n, 3, 3)`: from each even time to the next; all zero where a sample's step in between is not to be trusted."""
    # Of the step that begins at each sample; its last number is 1 in every one that is trusted.
    known = np.append(homography[1:].any(axis=(1, 2)), False) & close
    found = np.zeros((len(before), 3, 3))
    for k in range(1, len(before)):
        motion = np.eye(3)
        for i in range(before[k - 1], before[k] + 1):
            start = share[k - 1] if i == before[k - 1] else 0.0
            end = share[k] if i == before[k] else 1.0
            if end <= start:
                continue
            first, second = (_part(homography[i + 1], part) for part in (start, end))
            if not known[i] or abs(np.linalg.det(first)) < _FLAT:
                break
            motion = second @ np.linalg.inv(first) @ motion
        else:
            found[k] = motion / motion[2, 2]
    return found


def _part(homography: Floats, share: float) -> Floats:
    """The first part of a small motion: to first order, that much of its difference from standing still."""
    return np.asarray(np.eye(3) + share * (homography - np.eye(3)))
