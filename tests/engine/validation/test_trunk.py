"""The network learns what can be seen, and is the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation.cloning import CloningSet
from engine.validation.estimator import huber
from engine.validation.settings import EffortSettings
from engine.validation.trunk import CODE, train_trunk, trunk_code

EFFORT = EffortSettings(batch=16)


def dots(seed: int, n: int = 30, k: int = 6) -> CloningSet:
    """A bright dot is the right hand; where it will go is given by where it is: towards the middle."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 40, (n, k, 6, 36, 64)).astype(np.uint8)
    palm, target = np.zeros((n, k, 2, 2), np.float32), np.zeros((n, k, 2, 12), np.float32)
    present = np.zeros((n, k, 2), bool)
    present[..., 1] = True
    for i in range(n):
        for j in range(k):
            x, y = rng.uniform(0.15, 0.85, 2)
            col, row = int(x * 64), int(y * 36)
            frames[i, j, :, max(0, row - 2) : row + 3, max(0, col - 2) : col + 3] = 230
            palm[i, j, 1] = x, y
            target[i, j, 1, 0:10:2], target[i, j, 1, 1:10:2] = 2 * (0.5 - x), 2 * (0.5 - y)
    ids = tuple(f"c{i}" for i in range(n))
    confidence = present.astype(np.float32)
    return CloningSet(
        clip_ids=ids,
        video_ids=ids,
        frames=frames,
        target=target,
        valid=present,
        velocity=np.zeros_like(target),
        palm=palm,
        present=present,
        confidence=confidence,
    )


@pytest.mark.slow
def test_it_beats_standing_still_on_clips_that_it_has_not_seen():
    scale = np.ones(12, np.float32)
    trunk = train_trunk(dots(0, n=60), scale, EFFORT, steps=250, seed=0)
    unseen = dots(1)
    code, actions = trunk_code(trunk, unseen.frames)
    assert code.shape == (30, 6, CODE)
    loss = huber((actions - unseen.target)[unseen.valid].astype(float)).mean()
    still = huber(unseen.target[unseen.valid].astype(float)).mean()
    assert loss < 0.5 * still


def test_the_same_seed_gives_the_same_network_and_another_another():
    scale, data = np.ones(12, np.float32), dots(2, n=6)
    codes = [trunk_code(train_trunk(data, scale, EFFORT, steps=3, seed=seed), data.frames)[0] for seed in (5, 5, 6)]
    assert np.array_equal(codes[0], codes[1])
    assert not np.allclose(codes[0], codes[2])
