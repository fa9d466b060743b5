"""Uncertainty of a rank correlation: bootstrap over sources, permutation test, reliability and ceiling. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.statistics.correlation import mean_ranks, pearson, spearman, weighted_spearman
from engine.statistics.interval import Interval, percentile_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.arrays import Floats, Rows


__all__ = [
    "ceiling",
    "correlation",
    "partial_rho",
    "permutation_p",
    "resampled_rows",
    "spearman_brown",
    "split_half",
]

_AT_ONCE = 500
"""Bootstrap samples that are ranked together: a thousand clips then take 4 MB a column."""


def partial_rho(one: Floats, other: Floats, given: Sequence[Floats]) -> float:
    """Partial Spearman's ρ: of the residuals of two columns' ranks after regression on the ranks of `given`."""
    known = np.isfinite(one) & np.isfinite(other)
    for column in given:
        known &= np.isfinite(column)
    if known.sum() <= len(given) + 2:
        return float("nan")
    rivals = np.column_stack([np.ones(int(known.sum())), *(mean_ranks(column[known]) for column in given)])
    left = [mean_ranks(column[known]) for column in (one, other)]
    left = [column - rivals @ np.linalg.lstsq(rivals, column, rcond=None)[0] for column in left]
    return pearson(left[0], left[1])


def resampled_rows(sources: Sequence[str], n: int, seed: int) -> list[Rows]:
    """Rows of `n` bootstrap samples: whole sources drawn with replacement (a cluster bootstrap).

    Clips of one video resemble each other; drawing clips would count them as independent.
    """
    groups = sorted(_rows_by_name(np.array(sources)), key=lambda rows: int(rows[0]))  # in the order of first appearance
    rng = np.random.Generator(np.random.PCG64([seed, 21]))
    return [np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(n)]


def _rows_by_name(names: NDArray[Any]) -> list[Rows]:
    """The rows of each name, ascending, in alphabetical order of names, by a single sort."""
    _, place, counts = np.unique(names, return_inverse=True, return_counts=True)
    return np.split(np.argsort(place, kind="stable"), np.cumsum(counts)[:-1])


def correlation(one: Floats, other: Floats, samples: Sequence[Rows]) -> Interval:
    """Spearman's ρ with its interval over bootstrap samples of rows."""
    drawn: list[float] = []
    for first in range(0, len(samples), _AT_ONCE):
        times = [np.bincount(rows, minlength=len(one)) for rows in samples[first : first + _AT_ONCE]]
        drawn += weighted_spearman(one, other, np.array(times, np.float64)).tolist()
    return percentile_interval(spearman(one, other), drawn)


def permutation_p(one: Floats, other: Floats, sources: Sequence[str] | None, n: int, seed: int) -> float:
    """One-sided permutation p-value of Spearman's ρ (B. Phipson, G. Smyth, 2010).

    With `sources`, clips are shuffled within their source only, so that differences between sources do not count.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 22]))
    seen = spearman(one, other)
    if not np.isfinite(seen):
        return float("nan")
    names = np.array(sources) if sources is not None else np.zeros(len(one))
    groups = _rows_by_name(names)
    reached = 0
    for _ in range(n):
        shuffled = one.copy()
        for rows in groups:
            shuffled[rows] = one[rng.permutation(rows)]
        reached += spearman(shuffled, other) >= seen - 1e-12
    return (1 + reached) / (1 + n)


def spearman_brown(half: float) -> float:
    """Spearman–Brown formula: the reliability of a whole from the correlation of its halves (1910)."""
    return 2 * half / (1 + half) if half > -1 else float("nan")


def split_half(measures: Floats, seed: int, n: int = 40) -> float:
    """Split-half reliability of the mean of `measures` `(m, n_clips)`, over random splits, by Spearman–Brown."""
    m = len(measures)
    if m < 2:
        return float("nan")
    rng = np.random.Generator(np.random.PCG64([seed, 23]))
    halves = []
    for _ in range(n):
        order = rng.permutation(m)
        one, other = measures[order[: m // 2]].mean(axis=0), measures[order[m // 2 :]].mean(axis=0)
        halves.append(spearman(one, other))
    return max(0.0, spearman_brown(float(np.nanmean(halves)))) if np.isfinite(halves).any() else float("nan")


def ceiling(reliability_gain: float, reliability_reward: float) -> float:
    """The largest expected correlation of two noisy measures, by their reliabilities (C. Spearman, 1904)."""
    product = reliability_gain * reliability_reward
    return float(np.sqrt(product)) if np.isfinite(product) and product >= 0 else float("nan")


def statistic_interval(statistic: Callable[[Rows], float], n_rows: int, samples: Sequence[Rows]) -> Interval:
    """A statistic of rows with its bootstrap interval."""
    return percentile_interval(statistic(np.arange(n_rows)), [statistic(rows) for rows in samples])
