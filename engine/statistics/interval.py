"""A number with its bootstrap confidence interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Interval", "percentile_interval"]

_LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval; NaN where unknown."""

    value: float
    low: float
    high: float


def percentile_interval(value: float, draws: Sequence[float] | NDArray[np.float64], *, fewest: int = 20) -> Interval:
    """The percentile interval of bootstrap draws, around a value.

    Draws that are NaN are left out; with fewer than `fewest` draws there is no interval.
    """
    known = np.asarray(draws, np.float64)
    known = known[np.isfinite(known)]
    if len(known) < fewest or not np.isfinite(value):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    return Interval(value, float(low), float(high))
