"""Worlds in which what each clip teaches is known, measured as real footage is but for the pixels.

A trunk's features are drawn; what hands do is a linear function of them plus each clip's own noise. Clips with less
noise teach more.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from engine.validation.actions import OUTPUTS, STATE
from engine.validation.cloning import CloningSet
from engine.validation.cloning_data import CloningData
from engine.validation.encoded_trunk import EncodedTrunk
from engine.validation.estimator import Pool, clip_weights
from engine.validation.gains import measured_by
from engine.validation.pools import rotations
from engine.validation.settings import EffortSettings, ValidationSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.validation.measured import Measured

EFFORT = EffortSettings(trunk_seeds=2, splits=4, bases=6, resamples=200, reward_folds=3, reward_seeds=2)
N, VIDEOS, ROWS, WIDTH = 150, 25, 4, 6


def world_data(
    seed: int, noise: NDArray[np.float64], *, learnable: bool = True, odd_video: int | None = None
) -> tuple[CloningData, NDArray[np.float64]]:
    """`(data, features (n, ROWS, 2, WIDTH))` of `N` clips of `VIDEOS` videos, each clip with its own level of `noise`.

    Not `learnable`: what hands do has nothing to do with what is seen. In an `odd_video` hands do nothing that could be
    learned, and its features are so large that it makes most of what the loss does.
    """
    rng = np.random.default_rng([seed, 1])
    features = rng.normal(size=(N, ROWS, 2, WIDTH))
    features[..., -1] = 1.0
    truth = rng.normal(size=(2, WIDTH, OUTPUTS)) if learnable else np.zeros((2, WIDTH, OUTPUTS))
    target = np.einsum("nkhd,hdo->nkho", features, truth)
    target += noise[:, None, None, None] * rng.normal(size=target.shape)
    every = np.ones((N, ROWS, 2), bool)
    video = np.arange(N) % VIDEOS
    if odd_video is not None:
        mine = video == odd_video
        features[mine] *= 20
        target[mine] = 20 * rng.normal(size=target[mine].shape)
    clips = CloningSet(
        clip_ids=tuple(f"c{i:04d}" for i in range(N)),
        video_ids=tuple(f"video-{i}" for i in video),
        frames=np.zeros((N, ROWS, 6, 2, 2), np.uint8),
        there=every[..., 0],
        target=target.astype(np.float32),
        valid=every,
        velocity=np.zeros_like(target, np.float32),
        state=np.zeros((N, ROWS, 2, STATE), np.float32),
        palm=np.zeros((N, ROWS, 2, 2), np.float32),
        present=every,
        confidence=every.astype(np.float32),
    )
    data = CloningData(
        clips=clips,
        video_ids=tuple(f"video-{i}" for i in range(VIDEOS)),
        video=video,
        scale=np.ones(OUTPUTS, np.float32),
        moving=every,
        measured=every,
        resting=~every,
        settings=ValidationSettings(),
        effort=EFFORT,
    )
    return data, features


def world(seed: int, noise: NDArray[np.float64], *, learnable: bool = True, odd_video: int | None = None) -> Measured:
    """The gains of such clips, by two trunks a rotation that see the same."""
    data, features = world_data(seed, noise, learnable=learnable, odd_video=odd_video)
    pool = Pool(
        video=data.video,
        features=features,
        target=data.clips.target.astype(np.float64),
        weight=clip_weights(data.moving),
    )
    trunk = EncodedTrunk(
        pool=pool,
        parts={"pixels": np.arange(3), "state": np.arange(3, WIDTH - 1)},
        damping=np.zeros(5),
        steps=10,
        choice=0,
        reused=False,
    )
    counts = dict.fromkeys(data.video_ids, ROWS * N // VIDEOS)
    turns = rotations(counts, counts, data.settings.pools, seed=0)
    with ThreadPoolExecutor(2) as threads:
        return measured_by(
            data, turns, [0, 0, 1, 1, 2, 2], [trunk] * 6, seed=0, threads=threads, on_progress=lambda *_: None
        )
