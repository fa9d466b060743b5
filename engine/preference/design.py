"""The design matrix of the fast linear fit: standardised features, and a few principal components of the embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.tables.types import ClipTable

__all__ = ["COMPONENTS", "Design", "design_rows", "standardised"]

COMPONENTS: Final = 16
_OUTER: Final = 0.01
_FARTHEST: Final = 5.0
_FITTED_ON: Final = 256
"""Number of evenly spaced clips that the components are computed from: enough for 16 directions, and fast."""


class Design(NamedTuple):
    """The design matrix: one row per clip."""

    rows: Floats
    """`(n, d)`, each column with about unit variance over all clips."""
    embedded: Flags
    """`(d,)`: whether the column comes from the embedding. Most of an embedding says where a video was taken."""


def design_rows(clips: ClipTable, rows: Rows) -> Design:
    """The design matrix of the clips in `rows`. Missing values become the mean; constant columns are left out."""
    blocks = [standardised(column, rows) for column in clips.values.T]
    measured = len(blocks)
    if clips.embedding is not None:
        blocks.extend(components(clips.embedding, rows).T)
    kept = [k for k, block in enumerate(blocks) if len(rows) and np.ptp(block) > 0]
    matrix = np.column_stack([blocks[k] for k in kept]) if kept else np.zeros((len(rows), 0))
    return Design(matrix, np.array([k >= measured for k in kept], dtype=np.bool_))


def standardised(column: Floats, rows: Rows) -> Floats:
    """`column[rows]` with mean 0 and variance 1 over all clips, clipped at the 1st and 99th percentiles; NaN becomes 0.

    Ranks would be more robust against outliers, but they lose the distances between values.
    """
    known = column[np.isfinite(column)]
    out = np.zeros(len(rows))
    if not len(known):
        return out
    low, high = np.quantile(known, [_OUTER, 1 - _OUTER])
    if high <= low:
        # Nearly all values are equal: the outliers are the information, so they are not clipped.
        low, high = known.min(), known.max()
    held = np.clip(known, low, high)
    spread = float(held.std())
    if spread <= 0:
        return out
    mine = column[rows]
    found = np.isfinite(mine)
    out[found] = (np.clip(mine[found], low, high) - held.mean()) / spread
    return np.clip(out, -_FARTHEST, _FARTHEST)


def components(embedding: NDArray[np.float32], rows: Rows) -> Floats:
    """`(len(rows), ≤ 16)`: principal components of the embeddings; 0 for a clip without one.

    All have one scale, so that the first components count most; their mean variance is 1.
    """
    # A clip without an embedding has NaN throughout, so testing one column is enough.
    known = np.flatnonzero(np.isfinite(embedding[:, 0]))
    if len(known) < 3:
        return np.zeros((len(rows), 0))
    picked = known[np.linspace(0, len(known) - 1, min(_FITTED_ON, len(known))).astype(np.intp)]
    sample = embedding[picked].astype(np.float64)
    mean = sample.mean(axis=0)
    centred = sample - mean
    # The smaller of the two Gram matrices gives the same directions as the singular value decomposition.
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
