"""Steers a hand by what a picture shows: where its palm is, and how far to move it to be shown somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.sample.truth import PALM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.camera import Camera

__all__ = ["palm_centre", "palm_length", "shift_to"]


def palm_centre(marks_px: NDArray[Any]) -> NDArray[Any]:
    """The palm's centre `(2,)` of landmarks `(21, 2)` in pixels."""
    centre: NDArray[Any] = marks_px[list(PALM)].mean(axis=0)
    return centre


def palm_length(marks_px: NDArray[Any]) -> float:
    """From the wrist to the middle finger's knuckle, in pixels; never 0."""
    return max(float(np.linalg.norm(marks_px[9] - marks_px[0])), 1e-6)


def shift_to(camera: Camera, marks: NDArray[Any], goal_px: NDArray[Any], most_m: float) -> NDArray[np.float64]:
    """How far `(2,)` to move a hand along the table, in metres, for its palm to be shown at `goal_px`.

    Newton's method on the camera's Jacobian; the whole way is at most `most_m`.
    """
    shift, tiny = np.zeros(2), 1e-4
    for _ in range(3):
        here = palm_centre(camera.project(marks + np.append(shift, 0.0)))
        ahead = [palm_centre(camera.project(marks + np.append(shift + step, 0.0))) for step in tiny * np.eye(2)]
        jacobian = (np.array(ahead) - here).T / tiny
        if abs(float(np.linalg.det(jacobian))) < 1.0:  # squared px a metre: a hand at the lens
            break
        shift = shift + np.linalg.solve(jacobian, goal_px - here)
        length = float(np.linalg.norm(shift))
        shift *= min(1.0, most_m / max(length, 1e-9))
    return np.asarray(shift, np.float64)
