"""Small pools of clips of which everything about gain is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.validation.estimator import Judge, Pool, clip_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray


def linear_pool(
    seed: int,
    *,
    n: int = 60,
    videos: int = 10,
    rows: int = 4,
    width: int = 6,
    noise: NDArray[np.float64] | float = 0.3,
    missing: float = 0.2,
) -> Pool:
    """Clips of which target = features · truth + noise, each clip's noise its own. Two hands, 3 numbers; `missing` is
    the share of rows that do not count. Clip i is of video i % `videos`."""
    rng = np.random.default_rng([seed, 1])
    truth = np.random.default_rng(2).normal(size=(2, width, 3))
    features = rng.normal(size=(n, rows, 2, width))
    features[..., -1] = 1.0
    level = np.broadcast_to(np.asarray(noise, np.float64), (n,))[:, None, None, None]
    target = np.einsum("nkhd,hdo->nkho", features, truth) + level * rng.normal(size=(n, rows, 2, 3))
    counts = rng.random((n, rows, 2)) >= missing
    return Pool(video=np.arange(n) % videos, features=features, target=target, weight=clip_weights(counts))


def judge_of(pool: Pool, clips: NDArray[np.bool_]) -> Judge:
    """A judge by these clips of the pool, all their rows that count."""
    return Judge(pool, clips, pool.weight, int(pool.video.max()) + 1)


def names(pool: Pool) -> tuple[str, ...]:
    """An id for each clip."""
    return tuple(f"c{i:04d}" for i in range(len(pool)))
