"""Small pools of clips of which everything about gain is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.validation.estimator import Pool

if TYPE_CHECKING:
    from numpy.typing import NDArray


def linear_pool(
    seed: int,
    *,
    n: int = 60,
    sources: int = 10,
    frames: int = 4,
    width: int = 6,
    noise: NDArray[np.float64] | float = 0.3,
    prefix: str = "c",
    truth_seed: int = 0,
    missing: float = 0.2,
) -> Pool:
    """Clips of which target = features · truth + noise, each clip's noise its own. Two hands, 3 numbers."""
    rng = np.random.default_rng([seed, 1])
    truth = np.random.default_rng([truth_seed, 2]).normal(size=(2, width, 3))
    features = rng.normal(size=(n, frames, width))
    features[..., -1] = 1.0
    level = np.broadcast_to(np.asarray(noise, np.float64), (n,))[:, None, None, None]
    target = np.einsum("nkd,hdo->nkho", features, truth) + level * rng.normal(size=(n, frames, 2, 3))
    valid = rng.random((n, frames, 2)) >= missing
    ids = tuple(f"{prefix}{i:04d}" for i in range(n))
    videos = tuple(f"{prefix}-video-{i % sources}" for i in range(n))
    return Pool(clip_ids=ids, video_ids=videos, features=features, target=target, valid=valid)
