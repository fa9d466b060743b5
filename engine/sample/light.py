"""The light source of a scene."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.camera import Camera
    from engine.sample.types import Scene

__all__ = ["Light"]


@dataclass(frozen=True)
class Light:
    """A distant light: `direction` (3,) points from the table to it; `colour` (3,) is RGB with mean 1."""

    direction: NDArray[Any]
    colour: NDArray[Any]
    ambient: float = 0.46
    strength: float = 0.66

    @classmethod
    def of(cls, scene: Scene) -> Light:
        """The light of a scene."""
        azimuth, elevation = math.radians(scene.light_azimuth_deg), math.radians(scene.light_elevation_deg)
        flat = math.cos(elevation)
        direction = np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation)])
        colour = np.array([1 + 0.07 * scene.warmth, 1.0 + 0.01 * scene.warmth, 1 - 0.09 * scene.warmth], np.float32)
        return cls(direction, colour)

    def in_camera(self, camera: Camera) -> NDArray[Any]:
        """The direction in picture axes (3,): right, down, towards the viewer."""
        out: NDArray[Any] = (camera.rotation @ self.direction) * np.array([1.0, 1.0, -1.0])
        return out

    def shadow(self, points: NDArray[Any]) -> NDArray[Any]:
        """Where points (…, 3) cast their shadow on the table, (…, 3) with z = 0."""
        out: NDArray[Any] = points - points[..., 2:] / self.direction[2] * self.direction
        return out
