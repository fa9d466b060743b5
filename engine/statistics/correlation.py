"""Rank correlation with ties: equal values get their mean rank, as in common statistics packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Floats


__all__ = ["mean_ranks", "pearson", "spearman", "weighted_spearman"]

_FEWEST = 3
"""Fewest points of a correlation: two points always lie on a line."""
_CONSTANT = 1e-12
"""A standard deviation below this is rounding error: the column is constant."""


def mean_ranks(values: Floats, weights: Floats | None = None) -> Floats:
    """Ranks of `(n,)` values from 1, equal values at their mean rank.

    `weights` `(rounds, n)` are the number of repetitions of each value in each round; the ranks are then `(rounds, n)`,
    those of the sample with repetitions.
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if weights is None:
        tied = counts.astype(np.float64)
    else:
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        tied = np.add.reduceat(weights[:, np.argsort(place, kind="stable")], starts, axis=1)
    return np.asarray((np.cumsum(tied, axis=-1) - (tied - 1) / 2)[..., place], np.float64)


def pearson(one: Floats, other: Floats) -> float:
    """Pearson's correlation; NaN where one is constant."""
    a, b = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > _CONSTANT else float("nan")


def spearman(one: Floats, other: Floats) -> float:
    """Spearman's ρ over the rows where both are known; NaN for fewer than three, or where one is constant."""
    known = np.isfinite(one) & np.isfinite(other)
    return pearson(mean_ranks(one[known]), mean_ranks(other[known])) if known.sum() >= _FEWEST else float("nan")


def weighted_spearman(one: Floats, other: Floats, weights: Floats) -> Floats:
    """`(rounds,)`: Spearman's ρ of many resamplings at once; NaN as for `spearman`.

    `weights` `(rounds, n)` are how often each row was drawn.
    """
    known = np.isfinite(one) & np.isfinite(other)
    weights = weights[:, known]
    if known.sum() < _FEWEST:
        return np.full(len(weights), np.nan)
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
    a, b = (mean_ranks(column[known], weights) for column in (one, other))
    a, b = (ranks - (weights * ranks).sum(axis=1, keepdims=True) / total for ranks in (a, b))
    top = (weights * a * b).sum(axis=1)
    norm = np.sqrt((weights * a**2).sum(axis=1) * (weights * b**2).sum(axis=1))
    enough = (norm > _CONSTANT) & (weights.sum(axis=1) >= _FEWEST)
    return np.asarray(np.divide(top, norm, out=np.full(len(top), np.nan), where=enough))
