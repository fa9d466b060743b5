"""The head-mounted camera: its pose over time, and the resulting homography of the table plane.

The head sways and bobs; the gaze moves to the next target of the hands (the eye leads the hand by about 0.2 s).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.sample.motion import minimum_jerk

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VIEW_CENTRE", "Camera", "Gaze", "Head", "glance", "look_at"]

VIEW_CENTRE: Final = (0.0, 0.255, 0.0)
"""Where a wearer looks who looks at nothing in particular, in metres."""

_FIELD_OF_VIEW_DEG = 78.0
"""Horizontal: a head camera in its narrow setting, without lens distortion."""


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole camera. `rotation` (3, 3) has rows right, down, forward; `position` (3,) is in metres."""

    position: NDArray[Any]
    rotation: NDArray[Any]
    focal_px: float
    width: int
    height: int

    @property
    def centre(self) -> NDArray[Any]:
        """The principal point: the middle of the frame, in pixels."""
        return np.array([(self.width - 1) / 2, (self.height - 1) / 2])

    def to_camera(self, points: NDArray[Any]) -> NDArray[Any]:
        """World points (…, 3) in metres to camera coordinates: right, down, forward."""
        out: NDArray[Any] = (points - self.position) @ self.rotation.T
        return out

    def project(self, points: NDArray[Any]) -> NDArray[Any]:
        """World points (…, 3) in metres to pixels (…, 2)."""
        c = self.to_camera(points)
        out: NDArray[Any] = c[..., :2] * (self.focal_px / np.maximum(c[..., 2:], 0.02)) + self.centre
        return out

    def plane_to_px(self, height_m: float = 0.0) -> NDArray[Any]:
        """The (3, 3) homography that takes (x, y, 1) on the plane z = `height_m`, in metres, to pixels."""
        cx, cy = self.centre
        k = np.array([[self.focal_px, 0, cx], [0, self.focal_px, cy], [0, 0, 1.0]])
        origin = np.array([0.0, 0.0, height_m]) - self.position
        out: NDArray[Any] = k @ np.column_stack([self.rotation[:, 0], self.rotation[:, 1], self.rotation @ origin])
        return out

    def px_to_table(self) -> NDArray[Any]:
        """The (3, 3) homography from pixels to the table plane in metres, its last element 1."""
        h = np.linalg.inv(self.plane_to_px())
        out: NDArray[Any] = h / h[2, 2]
        return out


def look_at(position: NDArray[Any], target: NDArray[Any], roll_rad: float, width: int, height: int) -> Camera:
    """A camera at `position` that sees `target` (both (3,), metres) in the middle of its frame."""
    forward = target - position
    forward = forward / math.sqrt(float(forward @ forward))
    right = np.array([forward[1], -forward[0], 0.0])
    right = right / math.sqrt(float(right @ right))
    down = np.cross(forward, right)
    c, s = math.cos(roll_rad), math.sin(roll_rad)
    rotation = np.stack([c * right + s * down, c * down - s * right, forward])
    focal_px = width / 2 / math.tan(math.radians(_FIELD_OF_VIEW_DEG) / 2)
    return Camera(position=position, rotation=rotation, focal_px=focal_px, width=width, height=height)


@dataclass(frozen=True)
class Gaze:
    """One move of the gaze: from `start_s` to `target` (3,) within `move_s`, where it stays."""

    start_s: float
    move_s: float
    target: tuple[float, float, float]


def glance(start_s: float, move_s: float, at: NDArray[Any]) -> Gaze:
    """Look part of the way towards a point (3,): the head turns less than the eyes."""
    x = VIEW_CENTRE[0] + 0.42 * (float(at[0]) - VIEW_CENTRE[0])
    y = VIEW_CENTRE[1] + 0.30 * (float(at[1]) - VIEW_CENTRE[1])
    return Gaze(start_s, move_s, (x, y, 0.0))


class Head:
    """The camera's pose at any time: gaze by minimum-jerk moves, plus sway, bob and shake as sums of sines."""

    def __init__(
        self, gazes: list[Gaze], height_m: float, sway: float, rng: np.random.Generator, size: tuple[int, int]
    ) -> None:
        self.gazes = gazes
        self.size = size
        self.base = np.array([rng.normal(0, 0.015), -0.10 + rng.normal(0, 0.015), height_m])
        # Breathing, weight shifts and the bob of a head: amplitudes in metres (position) and metres at the gaze
        # (direction).
        self.rates_hz = rng.uniform([0.2, 0.45, 1.0], [0.35, 0.8, 1.7])
        self.phases = rng.uniform(0, 2 * math.pi, (7, 3))
        self.amplitudes = np.array([1.0, 0.55, 0.22]) * sway
        # Shake: many incommensurate sines from 3 to 11 Hz; their sum has standard deviation 1 per axis.
        self.shake_hz = rng.uniform(3.0, 11.0, (3, 8))
        self.shake_phases = rng.uniform(0, 2 * math.pi, (3, 8))

    def gaze(self, time_s: float) -> NDArray[Any]:
        """The point looked at, (3,) in metres."""
        point = np.array(self.gazes[0].target)
        for g in self.gazes[1:]:
            if time_s <= g.start_s:
                break
            share = minimum_jerk((time_s - g.start_s) / g.move_s)
            point = point + (np.array(g.target) - point) * share
        return point

    def camera(self, time_s: float, shake_px: float = 0.0) -> Camera:
        """The camera at `time_s`; `shake_px` is in pixels of a 640 px wide frame."""
        waves = np.sin(2 * math.pi * self.rates_hz * time_s + self.phases) @ self.amplitudes
        position = self.base + waves[:3] * np.array([0.007, 0.006, 0.005])
        target = self.gaze(time_s) + np.append(waves[3:5] * 0.008, 0.0)
        roll = 0.008 * float(waves[5])
        if shake_px > 0:
            noise = np.sin(2 * math.pi * self.shake_hz * time_s + self.shake_phases).sum(axis=1) / 2.0
            metres_per_px = 0.0017 * shake_px  # at half a metre, for a 640 px frame of 78 degrees
            target = target + np.array([noise[0], noise[1] * 1.4, 0.0]) * metres_per_px
            roll += 0.002 * shake_px * float(noise[2])
        return look_at(position, target, roll, *self.size)
