"""Statistics of a series that may be empty or have missing values: NaN where undefined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["finite", "mean", "percentile", "ratio", "share", "variance"]


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """The finite values, `(n,) float64`."""
    array = np.asarray(values, np.float64).ravel()
    return array[np.isfinite(array)]


def mean(values: ArrayLike) -> float:
    """The mean of the finite values."""
    array = finite(values)
    return float(array.mean()) if array.size else float("nan")


def variance(values: ArrayLike) -> float:
    """The population variance of the finite values; NaN for fewer than two."""
    array = finite(values)
    return float(array.var()) if array.size > 1 else float("nan")


def percentile(values: ArrayLike, percent: float) -> float:
    """The percentile of the finite values, linearly interpolated."""
    array = finite(values)
    return float(np.percentile(array, percent)) if array.size else float("nan")


def share(flags: ArrayLike) -> float:
    """The share of flags that are set."""
    array = np.asarray(flags, bool).ravel()
    return float(array.mean()) if array.size else float("nan")


def ratio(part: float, whole: float) -> float:
    """`part / whole`; NaN where the whole is 0."""
    return part / whole if whole > 0 else float("nan")
