"""The skeleton of a hand: from a pose to 21 landmarks in the scene, in MediaPipe's order.

A pose is a vector: `POSE` names its elements. Angles are in radians, lengths in metres. The hand's own axes are
lateral (towards the thumb), forward (wrist to middle knuckle) and back (out of the back of the hand); proportions
are in palm lengths.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BONES", "FOREARM_M", "POSE", "axes", "elbow", "grip_point", "landmarks", "pose"]

POSE: Final = ("x_m", "y_m", "z_m", "yaw", "pitch", "roll", "curl", "pinch", "spread")

# Knuckles (lateral, forward, back) and the lengths of the three phalanges, in palm lengths.
_KNUCKLES: Final = np.array([[0.27, 0.97, 0.0], [0.03, 1.0, 0.03], [-0.20, 0.94, 0.01], [-0.41, 0.83, -0.04]])
_PHALANGES: Final = np.array([[0.46, 0.28, 0.23], [0.51, 0.32, 0.24], [0.47, 0.30, 0.24], [0.36, 0.21, 0.21]])
_ABDUCTION: Final = np.array([0.16, 0.02, -0.13, -0.30])
_CURL_BIAS: Final = np.array([-0.05, 0.0, 0.05, 0.10])
_THUMB: Final = (0.43, 0.36, 0.29)

FOREARM_M: Final = 0.36

BONES: Final = (
    (0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 7), (7, 8), (0, 9), (9, 10), (10, 11), (11, 12),
    (0, 13), (13, 14), (14, 15), (15, 16), (0, 17), (17, 18), (18, 19), (19, 20),
)  # fmt: skip


def pose(
    wrist: tuple[float, float, float],
    yaw: float = 0.0,
    pitch: float = -0.15,
    roll: float = 0.0,
    curl: float = 0.2,
    pinch: float = 0.2,
    spread: float = 0.4,
) -> NDArray[Any]:
    """A pose vector. `curl`, `pinch` and `spread` run from 0 (open, thumb out, fingers together) to 1."""
    return np.array([*wrist, yaw, pitch, roll, curl, pinch, spread], dtype=np.float64)


def axes(p: NDArray[Any], side: int) -> NDArray[Any]:
    """The hand's axes in the scene, (3, 3): rows lateral, forward, back; `side` is −1 for left and +1 for right.

    Yaw turns the fingers inwards, pitch lifts them, roll lifts the thumb's side.
    """
    yaw, pitch, roll = -side * p[3], p[4], p[5]
    cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
    forward = np.array([sy * cp, cy * cp, sp])
    lateral = np.array([-side * cy, side * sy, 0.0])
    back = np.array([-sy * sp, -cy * sp, cp])
    cr, sr = math.cos(roll), math.sin(roll)
    return np.stack([cr * lateral + sr * back, forward, cr * back - sr * lateral])


def _finger(knuckle: NDArray[Any], lengths: NDArray[Any], abduction: float, curl: float) -> list[NDArray[Any]]:
    points = [knuckle]
    bend = 0.06
    for length, full in zip(lengths, (0.80, 1.05, 0.70), strict=True):
        bend += curl * full
        step = np.array([math.sin(abduction) * math.cos(bend), math.cos(abduction) * math.cos(bend), -math.sin(bend)])
        points.append(points[-1] + length * step)
    return points


def _thumb(pinch: float) -> list[NDArray[Any]]:
    """Four points; opposition swings the thumb from beside the palm to below the index finger."""
    points = [np.array([0.20, 0.20, -0.07])]
    out = np.array([[0.74, 0.62, -0.26], [0.50, 0.84, -0.22], [0.38, 0.91, -0.18]])
    closed = np.array([[0.56, 0.66, -0.50], [0.20, 0.90, -0.38], [-0.06, 0.97, -0.24]])
    for length, a, b in zip(_THUMB, out, closed, strict=True):
        step = a + (b - a) * pinch
        points.append(points[-1] + length * step / math.sqrt(float(step @ step)))
    return points


def landmarks(p: NDArray[Any], side: int, palm_length_m: float) -> NDArray[Any]:
    """The (21, 3) landmarks of a hand in the scene, in metres, in MediaPipe's order."""
    curl, pinch, spread = float(p[6]), float(p[7]), float(p[8])
    points = [np.zeros(3), *_thumb(pinch)]
    for k in range(4):
        fan = _ABDUCTION[k] * (0.55 + 0.9 * spread) * (1.0 - 0.5 * min(curl, 1.0))
        points += _finger(_KNUCKLES[k], _PHALANGES[k], float(fan), max(curl + _CURL_BIAS[k] * 0.8, 0.0))
    local = np.stack(points) * palm_length_m
    out: NDArray[Any] = local @ axes(p, side) + p[:3]
    return out


def grip_point(marks: NDArray[Any]) -> NDArray[Any]:
    """Where a held object's grip is, (3,): between the tips of thumb, index and middle finger."""
    out: NDArray[Any] = 0.5 * marks[4] + 0.25 * (marks[8] + marks[12])
    return out


def elbow(p: NDArray[Any], side: int) -> NDArray[Any]:
    """The elbow, (3,): a forearm's length behind the wrist, pulled towards the wearer's side.

    Of a hand that reaches farther it is a point of the straight arm, so that the arm never ends within the picture.
    """
    shoulder_side = np.array([side * 0.24, -0.24, 0.16])
    back = p[:3] - axes(p, side)[1] * np.array([0.27, 0.27, 0.0])
    mixed = 0.45 * back + 0.55 * shoulder_side
    step = mixed - p[:3]
    out: NDArray[Any] = p[:3] + step * max(FOREARM_M / math.sqrt(float(step @ step)), 1.0)
    return out
