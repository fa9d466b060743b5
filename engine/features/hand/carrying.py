"""Whether what lies next to a moving hand moves along with it: the sign that it holds something. Pure arithmetic.

Points of the picture are followed from frame to frame anyway, for the camera's motion (`camera_motion.py`). Of those
around a hand that moves, a held object takes part in its motion, and a table does not. Points on the forearm's side
would take part too, and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.features.camera_motion import outside_boxes, project
from engine.features.hand.tracks import bounding_box, palm_centre, palm_length
from engine.features.summary import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.features.camera_motion import PointTracks
    from engine.features.hand.tracks import Hand

__all__ = ["carried_share", "moving_along"]

_MOVING_SPEED = 0.6
"""Palm lengths a second, as in `palm_paths.py`."""
_GATE_PALMS = 3.0
"""A palm that is further away in the next frame is another one, as in `tracks.py`."""
_AROUND, _CORE = 1.0, 0.05
"""How far beyond its landmarks, as a share of their extent, is around a hand, and what is still the hand."""
_TOLERANCE = 0.4
"""How far a point's motion may differ from the palm's, as a share of that."""
_FEWEST_POINTS = 3


def moving_along(
    tracks: PointTracks,
    homography: NDArray[np.float64],
    before: Sequence[Hand],
    after: Sequence[Hand],
    size: tuple[int, int],
    step_s: float,
) -> float:
    """Share of the points around a moving hand that move as it does, camera removed; 0 where no hand moves.

    `tracks` and `homography` are of the step of `step_s` from `before` to `after`, in px of a frame of `size`. Of two
    hands, the larger share counts. NaN where hands move and too few points around them are followed.
    """
    shares = [0.0]
    for hand in after:
        own_px = _own_motion(hand, before, homography, size)
        if own_px is None or np.linalg.norm(own_px) < _MOVING_SPEED * step_s * palm_length(hand.landmarks, size):
            continue
        chosen = _around(tracks.end, hand, size)
        beside = tracks.end[chosen] - project(homography, tracks.start[chosen]) - own_px
        along = np.linalg.norm(beside, axis=1) < _TOLERANCE * np.linalg.norm(own_px)
        shares.append(float(along.mean()) if len(along) >= _FEWEST_POINTS else float("nan"))
    known = [share for share in shares if np.isfinite(share)]
    return float("nan") if len(known) == 1 and len(shares) > 1 else max(known)


def carried_share(steps: Sequence[float]) -> float:
    """Mean over the steps that are known; NaN without any."""
    known = [step for step in steps if np.isfinite(step)]
    return ratio(sum(known), len(known))


def _own_motion(
    hand: Hand, before: Sequence[Hand], homography: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.float64] | None:
    """Displacement of a palm beyond the camera's, `(2,)` in px; None where it was not in view before."""
    if not before:
        return None
    centre = palm_centre(hand.landmarks, size)
    ways = [centre - project(homography, palm_centre(other.landmarks, size)[None])[0] for other in before]
    nearest = min(ways, key=lambda way: float(np.linalg.norm(way)))
    return nearest if np.linalg.norm(nearest) < _GATE_PALMS * palm_length(hand.landmarks, size) else None


def _around(points: NDArray[np.floating], hand: Hand, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which points `(n, 2)` lie around a hand, neither on it nor on the forearm's side of the wrist."""
    wrist, knuckle = (hand.landmarks[mark, :2].astype(np.float64) * size for mark in (0, 9))
    near = ~outside_boxes(points, [bounding_box(hand.landmarks, size, _AROUND)])
    off = outside_boxes(points, [bounding_box(hand.landmarks, size, _CORE)])
    return np.asarray(near & off & ((points - wrist) @ (knuckle - wrist) > 0))
