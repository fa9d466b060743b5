"""The ten statistics of each feature that LeRobot normalises by, of an episode and of the whole data set, in one pass.

Numbers: least, greatest, mean and standard deviation are exact. Quantiles are exact up to `MOST_KEPT` rows and of
evenly spaced rows beyond. Pictures: of every tenth frame and every so many pixels, from counts of the 256 levels, so
exact for those pixels; in 0..1, as policies see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.arrays import Floats
    from engine.video.types import Image

__all__ = ["QUANTILES", "STATISTICS", "LevelCounts", "RunningStatistics", "Statistics", "statistics_of"]

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
STATISTICS = ("min", "max", "mean", "std", "count", *QUANTILES)
MOST_KEPT = 65_536
_LEVELS = 256
_SHORT_SIDE_PX = 150
"""Of a picture, about so many rows and columns of pixels are counted."""

Nested = list[float] | list[int] | list[list[list[float]]]
Statistics = dict[str, Nested]
"""Name → its numbers, as LeRobot stores them: `[d]` of a feature of d numbers, `[3][1][1]` of pictures, `[1]` of the
count."""


def statistics_of(rows: NDArray[np.generic]) -> Statistics:
    """The statistics of `(n, d)` numbers, or `(n,)`."""
    gathered = RunningStatistics()
    gathered.add(rows)
    return gathered.result()


class RunningStatistics:
    """Gathers `(n, d)` rows piece by piece. Memory stays the same however many come."""

    def __init__(self) -> None:
        self._count = 0
        self._every = 1
        self._kept: list[Floats] = []
        self._kept_rows = 0

    def add(self, rows: NDArray[np.generic]) -> None:
        """Add rows, `(n, d)` or `(n,)`."""
        values = np.asarray(rows, np.float64)
        values = values[:, None] if values.ndim == 1 else values
        if not len(values):
            return
        low, high, mean = values.min(axis=0), values.max(axis=0), values.mean(axis=0)
        squares = ((values - mean) ** 2).sum(axis=0)
        if self._count == 0:
            self._low, self._high, self._mean, self._squares = low, high, mean, squares
        else:  # Chan, Golub, LeVeque (1979): sums of squares about two means, joined
            whole, step = self._count + len(values), mean - self._mean
            self._squares += squares + step**2 * self._count * len(values) / whole
            self._mean += step * len(values) / whole
            self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        first = -self._count % self._every
        self._keep(values[first :: self._every])
        self._count += len(values)

    def _keep(self, rows: Floats) -> None:
        self._kept.append(rows)
        self._kept_rows += len(rows)
        while self._kept_rows > MOST_KEPT:
            self._kept = [np.concatenate(self._kept)[::2]]
            self._kept_rows = len(self._kept[0])
            self._every *= 2

    def result(self) -> Statistics:
        """The statistics of all rows; at least one must have come."""
        found: Statistics = {
            "min": self._low.tolist(),
            "max": self._high.tolist(),
            "mean": self._mean.tolist(),
            "std": np.sqrt(self._squares / self._count).tolist(),
            "count": [self._count],
        }
        quantiles = np.quantile(np.concatenate(self._kept), list(QUANTILES.values()), axis=0)
        return found | {name: row.tolist() for name, row in zip(QUANTILES, quantiles, strict=True)}


class LevelCounts:
    """How often each of 256 levels occurs in each colour of some pictures, `(3, 256) int64`, and of how many."""

    def __init__(self, counts: NDArray[np.int64] | None = None, pictures: int = 0) -> None:
        self.counts = counts if counts is not None else np.zeros((3, _LEVELS), np.int64)
        self.pictures = pictures

    def add(self, image: Image) -> None:
        """Count the pixels of an RGB picture `(h, w, 3) uint8`, of a large one every second, third, …"""
        step = max(1, min(image.shape[:2]) // _SHORT_SIDE_PX)
        thinned = image[::step, ::step]
        for colour in range(3):
            self.counts[colour] += np.bincount(thinned[..., colour].ravel(), minlength=_LEVELS)
        self.pictures += 1

    def join(self, other: LevelCounts) -> None:
        """Add what another counted."""
        self.counts += other.counts
        self.pictures += other.pictures

    def result(self) -> Statistics:
        """The statistics of all pixels, in 0..1; at least one picture must have come."""
        levels = np.arange(_LEVELS) / (_LEVELS - 1)
        total = self.counts.sum(axis=1)
        mean = self.counts @ levels / total
        variance = self.counts @ levels**2 / total - mean**2
        there = self.counts > 0
        found: Mapping[str, Floats] = {
            "min": levels[there.argmax(axis=1)],
            "max": levels[_LEVELS - 1 - there[:, ::-1].argmax(axis=1)],
            "mean": mean,
            "std": np.sqrt(np.maximum(variance, 0)),
            **{name: self._quantile(share) for name, share in QUANTILES.items()},
        }
        stored: Statistics = {name: values.reshape(3, 1, 1).tolist() for name, values in found.items()}
        return stored | {"count": [self.pictures]}

    def _quantile(self, share: float) -> Floats:
        """`(3,)`: as NumPy's `quantile` of all levels, linear between neighbours."""
        found = np.zeros(3)
        for colour, counts in enumerate(self.counts):
            up_to = np.cumsum(counts)
            rank = share * (up_to[-1] - 1)
            below, above = np.searchsorted(up_to, [np.floor(rank), np.ceil(rank)], side="right")
            found[colour] = (below + (above - below) * (rank - np.floor(rank))) / (_LEVELS - 1)
        return found
