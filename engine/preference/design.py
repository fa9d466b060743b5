"""Clips as rows of numbers for the quick linear fit: features standardised, the embedding as a few components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.tables.types import ClipTable

__all__ = ["COMPONENTS", "Design", "design_rows", "standardised"]

COMPONENTS: Final = 16
OUTER: Final = 0.01
FARTHEST: Final = 5.0
FITTED_ON: Final = 256
"""Clips that the components are found on, evenly spaced: enough for 16 directions, and quick."""


class Design(NamedTuple):
    """Clips as rows of numbers."""

    rows: Floats
    """`(n, d)`, each column with about unit variance over all clips."""
    embedded: Flags
    """`(d,)`: whether the column comes from the embedding. Most of an embedding says where a video was taken."""


def design_rows(clips: ClipTable, rows: Rows) -> Design:
    """The clips in `rows`. A number that a clip lacks is the mean; a column that never varies is left out."""
    blocks = [standardised(column, rows) for column in clips.values.T]
    measured = len(blocks)
    if clips.embedding is not None:
        blocks.extend(components(clips.embedding, rows).T)
    kept = [k for k, block in enumerate(blocks) if len(rows) and np.ptp(block) > 0]
    matrix = np.column_stack([blocks[k] for k in kept]) if kept else np.zeros((len(rows), 0))
    return Design(matrix, np.array([k >= measured for k in kept], dtype=np.bool_))


def standardised(column: Floats, rows: Rows) -> Floats:
    """`column[rows]` with mean 0 and variance 1 over all clips, its outermost hundredths pulled in; NaN is 0.

    Ranks would be safer against outliers, but they lose how far apart values are.
    """
    known = column[np.isfinite(column)]
    out = np.zeros(len(rows))
    if not len(known):
        return out
    low, high = np.quantile(known, [OUTER, 1 - OUTER])
    if high <= low:
        # Nearly all alike: what differs is what there is to know.
        low, high = known.min(), known.max()
    held = np.clip(known, low, high)
    spread = float(held.std())
    if spread <= 0:
        return out
    mine = column[rows]
    found = np.isfinite(mine)
    out[found] = (np.clip(mine[found], low, high) - held.mean()) / spread
    return np.clip(out, -FARTHEST, FARTHEST)


def components(embedding: NDArray[np.float32], rows: Rows) -> Floats:
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
