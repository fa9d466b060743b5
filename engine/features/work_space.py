"""Where in the picture things move, beside the camera: in the wearer's working space or elsewhere.

A head-worn camera looks at what its wearer does: hands at work move in the lower middle of the picture, while
passers-by, parallax and a turning head move things everywhere. No hand needs to be recognised, so that it works with
gloves, tools and blurred or hidden hands. Pure arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.features.summary import mean

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["near_and_far", "near_ratio"]

_TOP = 0.4
_HALF_WIDTH = 0.35
"""The working space: below this share of the height, and within this share of the width of the middle."""
_STILL = 0.003
"""Diagonals a second: what still points appear to move by, so that the ratio of two of them is about 1."""


def near_and_far(
    points: NDArray[np.floating], residuals: NDArray[np.float64], width: int, height: int
) -> tuple[float, float]:
    """Mean residual of the points `(n, 2)`, in px of the frame, in the working space and elsewhere; NaN without any."""
    near = (points[:, 1] > _TOP * height) & (np.abs(points[:, 0] - width / 2) < _HALF_WIDTH * width)
    return mean(residuals[near]), mean(residuals[~near])


def near_ratio(near: ArrayLike, far: ArrayLike) -> float:
    """ln of the mean motion in the working space over that elsewhere, from each step's, in diagonals a second.

    0 where both move alike; NaN where either was never seen.
    """
    return float(np.log((mean(near) + _STILL) / (mean(far) + _STILL)))
