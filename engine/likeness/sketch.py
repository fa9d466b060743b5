"""Sketches of unit vectors: 65 numbers that bound the cosine of two of them from above, so that a comparison of
sketches can rule out pairs and never misses one.

With the orthonormal directions V, x = V x₁ + x₂, where x₂ is perpendicular to V. By Cauchy and Schwarz
x·y ≤ x₁·y₁ + |x₂| |y₂|, which is the product of the sketches (x₁, |x₂|) and (y₁, |y₂|). Sketches are unit vectors too,
and no farther apart than the vectors themselves. The bound holds for any directions; it is tight along those in which
the vectors differ most, so they are the leading principal components.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BLOCK", "make_unit", "sketches"]

DIRECTIONS = 64
SAMPLED = 20_000
"""Vectors from which the directions are found: any directions are right, those of all vectors are hardly tighter."""
BLOCK = 4096
"""Vectors handled at a time: 8 MB of 512 numbers each."""


def make_unit(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Scale each row of `vectors` to unit length, in place; `(n,)`: which rows could be. Others become zero."""
    measured = np.zeros(len(vectors), dtype=bool)
    for begin in range(0, len(vectors), BLOCK):
        part = vectors[begin : begin + BLOCK]
        lengths = np.linalg.norm(part.astype(np.float64), axis=1)
        known = np.isfinite(lengths) & (lengths > 1e-12)
        part[known] /= lengths[known, None]
        part[~known] = 0
        measured[begin : begin + BLOCK] = known
    return measured


def sketches(unit: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
    """`(n, at most 65) float32`: the sketch of each unit vector of `unit` `(n, width)`; zero for a vector of zeros."""
    sample = unit
    if len(unit) > SAMPLED:
        sample = unit[np.sort(np.random.default_rng(seed).choice(len(unit), SAMPLED, replace=False))]
    _, directions = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    leading = directions[:, ::-1][:, :DIRECTIONS].astype(np.float32)
    made = np.zeros((len(unit), leading.shape[1] + 1), np.float32)
    for begin in range(0, len(unit), BLOCK):
        part = unit[begin : begin + BLOCK]
        along = part @ leading
        squared = (part.astype(np.float64) ** 2).sum(axis=1) - (along.astype(np.float64) ** 2).sum(axis=1)
        made[begin : begin + BLOCK, :-1] = along
        made[begin : begin + BLOCK, -1] = np.sqrt(np.maximum(squared, 0))
    return made
