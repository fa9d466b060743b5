"""ρ between source videos apart from ρ within them: a reward may rank the clips of a video, but not videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.resampling import statistic_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Floats, Rows
    from engine.statistics.interval import Interval

__all__ = ["between_sources", "within_sources"]


def between_sources(one: Floats, other: Floats, sources: Sequence[str], samples: Sequence[Rows]) -> Interval:
    """Spearman's ρ of the sources' means, with its interval over bootstrap samples of rows that draw whole sources."""
    number = _numbers(sources)
    known = np.isfinite(one) & np.isfinite(other)
    left, right = (_means(np.where(known, column, np.nan), number) for column in (one, other))
    rows_of = np.bincount(number)

    def rho(rows: Rows) -> float:
        drawn = np.repeat(np.arange(len(rows_of)), np.bincount(number[rows], minlength=len(rows_of)) // rows_of)
        return spearman(left[drawn], right[drawn])

    return statistic_interval(rho, len(one), samples)


def within_sources(one: Floats, other: Floats, sources: Sequence[str], samples: Sequence[Rows]) -> Interval:
    """Spearman's ρ of what sets rows apart from the mean of their source; sources with a single row tell nothing."""
    number = _numbers(sources)
    known = np.isfinite(one) & np.isfinite(other)
    whole = [np.where(known, column, np.nan) for column in (one, other)]
    left, right = (column - _means(column, number)[number] for column in whole)
    alone = np.bincount(number[known], minlength=int(number.max(initial=-1)) + 1) < 2
    left[alone[number]] = np.nan

    def rho(rows: Rows) -> float:
        return spearman(left[rows], right[rows])

    return statistic_interval(rho, len(one), samples)


def _numbers(sources: Sequence[str]) -> Rows:
    return np.unique(np.array(sources), return_inverse=True)[1].reshape(-1)


def _means(column: Floats, number: Rows) -> Floats:
    """The mean of each source's known rows; NaN where it has none."""
    known, size = np.isfinite(column), int(number.max(initial=-1)) + 1
    count = np.bincount(number[known], minlength=size)
    total = np.bincount(number[known], weights=column[known], minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
