"""Rotated squares around hands, in px of the frame: from a palm, from landmarks, and which of them overlap.

A square is a row `(x, y, side, angle)`: its centre, its side, and by how much it is turned clockwise (radians; 0: the
fingers point up). Pure arithmetic; the constants are those of MediaPipe's hand graphs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Floats

__all__ = ["are_one_hand", "frame_square", "overlap", "overlaps_any", "square_of_landmarks", "square_of_palm"]

_PALM_SCALE, _PALM_SHIFT, _PALM_TARGET = 2.6, -0.5, 90.0
"""MediaPipe's graph gives the direction of a palm's fingers as 90 where radians are read: 27° beyond upright."""
_HAND_SCALE, _HAND_SHIFT, _HAND_TARGET = 2.0, -0.1, np.pi / 2
_KNUCKLES = (5, 9, 13)
_STEADY = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""Wrist, thumb to its last joint, and each finger's knuckle and first joint."""
_BASELINE = (0, 5, 17)
_NEAR = 0.2
_NEAR_LANDMARKS = 10
_DUPLICATE_OVERLAP = 0.2


def frame_square(size: tuple[int, int]) -> Floats:
    """The upright square that holds a whole frame of `(width, height)`."""
    width, height = size
    return np.array([width / 2, height / 2, max(width, height), 0.0])


def square_of_palm(box: Floats, keypoints: Floats) -> Floats:
    """The square in which the whole hand of a palm is expected.

    `box` is `(left, top, right, bottom)`; of `keypoints` `(7, 2)` the first is the wrist, and the third the
    middle finger's knuckle.
    """
    left, top, right, bottom = box
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    angle = _turn(keypoints[0], keypoints[2], _PALM_TARGET)
    return _grown(centre, (right - left, bottom - top), angle, _PALM_SCALE, _PALM_SHIFT)


def square_of_landmarks(points: Floats) -> Floats:
    """The square in which a hand with landmarks `(21, 2)` is expected in the next frame.

    Fingertips count for nothing: they move most.
    """
    index, middle_finger, ring = points[list(_KNUCKLES)]
    angle = _turn(points[0], ((index + ring) / 2 + middle_finger) / 2, _HAND_TARGET)
    points = points[list(_STEADY)]
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    turned = (points - middle) @ _rotation(-angle).T
    low, high = turned.min(axis=0), turned.max(axis=0)
    centre = middle + _rotation(angle) @ ((low + high) / 2)
    width, height = high - low
    return _grown(centre, (width, height), angle, _HAND_SCALE, _HAND_SHIFT)


def overlap(one: Floats, others: Floats) -> Floats:
    """Intersection over union of one box with others `(n, 4)`; boxes are `(left, top, right, bottom)`."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    union = (one[2:] - one[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0), np.float64)


def overlaps_any(square: Floats, others: list[Floats], least: float) -> bool:
    """Whether a square's overlap with one of the others exceeds `least`; their turns are left out of account."""
    return bool(others) and bool((overlap(_box(square), np.stack([_box(other) for other in others])) > least).any())


def are_one_hand(one: Floats, other: Floats) -> bool:
    """Whether two sets of landmarks `(21, 2)` are of the same hand: most near each other, boxes that overlap."""
    near = np.linalg.norm(one - other, axis=1) < _NEAR * max(_baseline(one), _baseline(other))
    boxes = [np.concatenate([points.min(axis=0), points.max(axis=0)]) for points in (one, other)]
    return int(near.sum()) >= _NEAR_LANDMARKS and float(overlap(boxes[0], boxes[1][None])[0]) > _DUPLICATE_OVERLAP


def _grown(centre: Floats, size: tuple[float, float], angle: float, scale: float, shift: float) -> Floats:
    """A square around a turned box, moved towards the fingers by a share of its height."""
    width, height = size
    x, y = centre + _rotation(angle) @ np.array([0.0, shift * height])
    return np.array([x, y, scale * max(width, height), angle])


def _turn(wrist: Floats, fingers: Floats, target: float) -> float:
    """By how much a hand is turned clockwise from where its fingers point at `target` (π/2: up), in [−π, π)."""
    x, y = fingers - wrist
    angle = target - np.arctan2(-y, x)
    return float(angle - 2 * np.pi * np.floor((angle + np.pi) / (2 * np.pi)))


def _rotation(angle: float) -> Floats:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _box(square: Floats) -> Floats:
    x, y, side, _ = square
    return np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2])


def _baseline(points: Floats) -> float:
    """The longest of wrist to index knuckle, across the knuckles, and back to the wrist."""
    corners = points[list(_BASELINE)]
    return float(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1).max())
