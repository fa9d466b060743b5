"""Clips as rows of numbers for the quick linear fit: features as normal scores, the embedding as a few components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.reward.types import ClipTable

__all__ = ["COMPONENTS", "design_rows", "normal_scores"]

COMPONENTS: Final = 16
FITTED_ON: Final = 256
"""Clips that the components are found on, evenly spaced: enough for 16 directions, and quick."""


def design_rows(clips: ClipTable, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """`(len(rows), d)`: the clips in `rows`, each column with about unit variance over all clips.

    A number that a clip lacks is the middle one; a column that never varies is left out.
    """
    blocks = [normal_scores(column, rows) for column in clips.values.T]
    if clips.embedding is not None:
        blocks.extend(components(clips.embedding, rows).T)
    varying = [block for block in blocks if np.ptp(block) > 0] if len(rows) else []
    return np.column_stack(varying) if varying else np.zeros((len(rows), 0))


def normal_scores(column: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """The place of `column[rows]` among all values, as a standard normal score; ties share theirs, NaN is 0.

    Blom's scores (G. Blom, "Statistical Estimates and Transformed Beta-Variables", 1958): features are skewed and have
    outliers, and a linear fit of ranks suffers from neither.
    """
    known = np.sort(column[np.isfinite(column)])
    out = np.zeros(len(rows))
    if len(known) < 2 or known[0] == known[-1]:
        return out
    mine = column[rows]
    found = np.isfinite(mine)
    low = np.searchsorted(known, mine[found], side="left")
    high = np.searchsorted(known, mine[found], side="right")
    out[found] = normal_quantile(((low + high + 1) / 2 - 0.375) / (len(known) + 0.25))
    return out


def normal_quantile(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The standard normal's quantile, within 4.5e-4 (M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions",
    1964, formula 26.2.23); numpy has none and SciPy takes its time to load."""
    tail = np.minimum(share, 1 - share)
    t = np.sqrt(-2 * np.log(tail))
    size = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    out: NDArray[np.float64] = np.where(share < 0.5, -size, size)
    return out


def components(embedding: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """`(len(rows), ≤ 16)`: the main directions in which embeddings differ; 0 for a clip without one.

    One scale for all of them, so that what differs most counts most; their mean variance is 1.
    """
    # A clip without an embedding has NaN throughout, so one column tells.
    known = np.flatnonzero(np.isfinite(embedding[:, 0]))
    if len(known) < 3:
        return np.zeros((len(rows), 0))
    picked = known[np.linspace(0, len(known) - 1, min(FITTED_ON, len(known))).astype(np.intp)]
    sample = embedding[picked].astype(np.float64)
    mean = sample.mean(axis=0)
    centred = sample - mean
    # The smaller of the two Gram matrices has the same directions as the singular value decomposition.
    values, vectors = np.linalg.eigh(centred @ centred.T)
    order = np.argsort(values)[::-1][:COMPONENTS]
    order = order[values[order] > 1e-9 * max(float(values[-1]), 1e-30)]
    if not len(order):
        return np.zeros((len(rows), 0))
    directions = centred.T @ vectors[:, order] / np.sqrt(values[order])
    scale = np.sqrt(values[order].mean() / len(picked))
    out = np.zeros((len(rows), len(order)))
    found = np.isfinite(embedding[rows, 0])
    out[found] = (embedding[rows[found]] - mean) @ directions / scale
    return out
