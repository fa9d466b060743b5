"""Projects embeddings to two dimensions, so that similar clips lie close together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["UMAP_STAGES", "Method", "principal_components", "project"]

Method = Literal["umap", "pca"]
_DENOISED = 50
"""Principal components that UMAP works on: the rest is mostly noise, and costs time."""
MOST_FITTED = 15_000
"""UMAP is fitted on at most this many clips; the others are placed among their nearest fitted neighbours."""
_PLACED_BY = 5
_NEIGHBOURS = 15
BLOCK = 2048
UMAP_STAGES = (("loading UMAP", 0.1), ("fitting UMAP", 0.8), ("placing the other clips", 1.0))
"""What making a map by UMAP takes, in order, and where in the progress each ends."""


def principal_components(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """`(n, count)`: the coordinates along the directions of the greatest variance, largest first, signs fixed so that
    the same vectors give the same picture.
    """
    centred = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    covariance = (centred.T @ centred).astype(np.float64) / max(1, len(centred) - 1)
    _, directions = np.linalg.eigh(covariance)
    leading = directions[:, ::-1][:, :count]
    signs = np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])])
    return np.asarray(centred @ (leading * np.where(signs == 0, 1, signs)).astype(np.float32), np.float32)


def project(
    vectors: NDArray[np.float32],
    method: Method,
    *,
    seed: int = 0,
    on_progress: Callable[[float, str], None] = lambda _share, _note: None,
) -> NDArray[np.float32]:
    """`(n, 2) float32` in [0, 1]: the coordinates of each clip of `vectors` `(n, width)`.

    UMAP (McInnes, Healy, Melville 2018) keeps neighbours together; distances between groups mean little. PCA keeps
    the directions of the greatest variance. With fewer than ten clips it is PCA in any case.
    """
    if len(vectors) < 10:
        method = "pca"
    if method == "pca":
        flat = principal_components(vectors, 2)
        if flat.shape[1] < 2:
            flat = np.column_stack([flat, np.zeros(len(flat), np.float32)])
        return _into_unit_square(flat)
    on_progress(0.02, "loading UMAP")
    import umap  # type: ignore[import-untyped]

    reduced = principal_components(vectors, _DENOISED)
    chosen = np.random.default_rng(seed).permutation(len(reduced))[:MOST_FITTED]
    on_progress(0.1, f"fitting UMAP on {len(chosen):,} clips")
    fitted = umap.UMAP(
        n_neighbors=min(_NEIGHBOURS, len(chosen) - 1), min_dist=0.1, random_state=seed, n_jobs=1
    ).fit_transform(reduced[chosen])
    flat = np.zeros((len(reduced), 2), np.float32)
    flat[chosen] = fitted
    others = np.setdiff1d(np.arange(len(reduced)), chosen)
    for begin in range(0, len(others), BLOCK):
        rows = others[begin : begin + BLOCK]
        flat[rows] = _placed(reduced[rows], reduced[chosen], flat[chosen])
        on_progress(0.8 + 0.2 * begin / len(others), "placing the other clips")
    return _into_unit_square(flat)


def _placed(points: NDArray[np.float32], known: NDArray[np.float32], where: NDArray[np.float32]) -> NDArray[np.float32]:
    """Place points in the plane: the distance-weighted mean of their nearest known neighbours."""
    squared = (points**2).sum(1)[:, None] - 2 * points @ known.T + (known**2).sum(1)[None]
    near = np.argpartition(squared, _PLACED_BY, axis=1)[:, :_PLACED_BY]
    distance = np.sqrt(np.maximum(np.take_along_axis(squared, near, axis=1), 1e-12))
    weight = 1 / distance
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray((where[near] * weight[:, :, None]).sum(axis=1), np.float32)


def _into_unit_square(flat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shift and scale points into [0, 1], with the same scale on both axes."""
    low, high = flat.min(axis=0), flat.max(axis=0)
    span = float((high - low).max()) or 1.0
    return np.asarray((flat - low) / span + (1 - (high - low) / span) / 2, np.float32)
