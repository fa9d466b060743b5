"""Height maps of hands and sleeves: surface height towards the camera, in pixels, over a window of the frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.types import Person

__all__ = ["FAR", "OUTSIDE", "capsule", "sleeve"]

FAR: Final = -1e4
OUTSIDE: Final = FAR / 2
"""Heights below this are background."""
_PLAIN: Final = 233
"""The code of plain cloth; each step lightens or darkens it by a 24th (see `hand_shape`)."""


def _window(a: NDArray[Any], b: NDArray[Any], r: float, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    x0 = max(int(min(a[0], b[0]) - r), 0)
    x1 = min(int(max(a[0], b[0]) + r) + 2, shape[1])
    y0 = max(int(min(a[1], b[1]) - r), 0)
    y1 = min(int(max(a[1], b[1]) + r) + 2, shape[0])
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _along(
    a: NDArray[Any], b: NDArray[Any], window: tuple[int, int, int, int]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], float]:
    """Over a window: the fraction along a→b (unclipped), the offsets dx (1, w) and dy (h, 1) from a, and |b − a|²."""
    x0, y0, x1, y1 = window
    dx = np.arange(x0 - float(a[0]), x1 - float(a[0]) - 1e-6, dtype=np.float32)[None, : x1 - x0]
    dy = np.arange(y0 - float(a[1]), y1 - float(a[1]) - 1e-6, dtype=np.float32)[: y1 - y0, None]
    ux, uy = float(b[0] - a[0]), float(b[1] - a[1])
    squared = max(ux * ux + uy * uy, 1e-3)
    return dx * np.float32(ux / squared) + dy * np.float32(uy / squared), dx, dy, squared


def capsule(field: NDArray[Any], a: NDArray[Any], b: NDArray[Any], ha: float, hb: float, ra: float, rb: float) -> None:
    """Raise the height map to a tapered capsule from a to b (pixels) with heights and radii at its ends.

    Outside the capsule the root is NaN, which `fmax` ignores: wrap in `np.errstate(invalid="ignore")`.
    """
    window = _window(a, b, max(ra, rb), field.shape)
    if window is None:
        return
    along, dx, dy, squared = _along(a, b, window)
    t = np.minimum(np.maximum(along, np.float32(0)), np.float32(1))
    # Squared distance to the axis: |d|² − t (2 along − t) |b − a|².
    along *= np.float32(2)
    along -= t
    along *= t
    along *= np.float32(squared)
    r = t * np.float32(rb - ra)
    r += np.float32(ra)
    r *= r
    r += along
    r -= dx * dx + dy * dy
    np.sqrt(r, out=r)
    t *= np.float32(hb - ha)
    t += np.float32(ha)
    t += r
    part = field[window[1] : window[3], window[0] : window[2]]
    np.fmax(part, t, out=part)


def sleeve(
    shape: tuple[int, ...], px: NDArray[Any], height: NDArray[Any], radii: NDArray[Any], person: Person
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Height map of the sleeve, cut off square at the cuff, and the codes of its weave, (height, width) uint8."""
    field = np.full(shape, FAR, np.float32)
    weave = np.full(shape, _PLAIN, np.uint8)
    elbow, cuff = px[21], px[22]
    ra, rb = float(radii[1]) * 1.18, float(radii[0]) * 1.25
    window = _window(cuff, elbow, max(ra, rb) * 1.1, shape)
    if window is None:
        return field, weave
    t, dx, dy, squared = _along(cuff, elbow, window)
    length = math.sqrt(squared)
    clipped = np.clip(t, 0, 1)
    ex = dx - clipped * np.float32(elbow[0] - cuff[0])
    ey = dy - clipped * np.float32(elbow[1] - cuff[1])
    across = (ex * np.float32(cuff[1] - elbow[1]) + ey * np.float32(elbow[0] - cuff[0])) / np.float32(length)
    along = t * np.float32(length / ra)
    folds = np.sin(along * 3.1 + across / np.float32(ra) * 1.3) * np.float32(0.028) + np.sin(
        along * 7.3 - 1.0
    ) * np.float32(0.012)
    hem = np.where(along < 0.34, np.float32(0.05), np.float32(0.0))
    r = (clipped * np.float32(rb - ra) + np.float32(ra)) * (1 + folds + hem)
    q = r * r - ex * ex - ey * ey
    root = np.sqrt(np.maximum(q, 0))
    h = root + (clipped * np.float32(height[21] - height[22]) + np.float32(height[22]))
    h += ((q <= 0) | (t * np.float32(length) < root * np.float32(0.22))) * np.float32(FAR)
    rows, columns = slice(window[1], window[3]), slice(window[0], window[2])
    field[rows, columns] = h
    if person.sleeve_style == "striped":
        weave[rows, columns] = np.where(np.mod(along, 0.9) < 0.32, np.uint8(_PLAIN + 18), np.uint8(_PLAIN))
    elif person.sleeve_style == "knit":
        ribs = np.sin(across * np.float32(11.0 / ra)) * np.sin(along * 14.0)
        weave[rows, columns] = (_PLAIN + 0.5 + 4 * ribs).astype(np.uint8)
    return field, weave
