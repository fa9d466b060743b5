"""A number with its bootstrap confidence interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Floats

__all__ = ["Estimate", "Interval", "percentile_interval"]

_LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval; NaN where unknown."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval as a report keeps it: None for what could not be computed, and `why`."""

    value: float | None
    low: float | None
    high: float | None
    why: str | None = None

    @classmethod
    def of(cls, found: Interval, why: str | None = None) -> Estimate:
        """The interval, with None in the place of NaN."""
        value, low, high = (float(x) if math.isfinite(x) else None for x in (found.value, found.low, found.high))
        return cls(value, low, high, why)


def percentile_interval(value: float, draws: Sequence[float] | Floats, *, fewest: int = 20) -> Interval:
    """The percentile interval of bootstrap draws, around a value.

    Draws that are NaN are left out; with fewer than `fewest` draws there is no interval.
    """
    known = np.asarray(draws, np.float64)
    known = known[np.isfinite(known)]
    if len(known) < fewest or not np.isfinite(value):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    return Interval(value, float(low), float(high))
