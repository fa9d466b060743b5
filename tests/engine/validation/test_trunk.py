"""The network learns what can be seen, and is the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation.actions import OUTPUTS, STATE
from engine.validation.cloning import CloningSet
from engine.validation.estimator import huber
from engine.validation.settings import EffortSettings
from engine.validation.training import CHOICES, HeldOut, train_best, train_trunk
from engine.validation.trunk import CODE, trunk_actions, trunk_code
from engine.validation.trunk_batches import TrainingRows

EFFORT = EffortSettings(batch=16)


def dots(seed: int, n: int = 30, k: int = 6) -> CloningSet:
    """A bright dot is the right hand; where it will go is given by where it is: towards the middle."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 40, (n, k, 6, 36, 64)).astype(np.uint8)
    palm, target = np.zeros((n, k, 2, 2), np.float32), np.zeros((n, k, 2, OUTPUTS), np.float32)
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
        there=np.ones((n, k), bool),
        target=target,
        valid=present,
        velocity=np.zeros_like(target),
        state=np.zeros((n, k, 2, STATE), np.float32),
        palm=palm,
        present=present,
        confidence=confidence,
    )


SCALE = np.ones(OUTPUTS, np.float32)


@pytest.mark.slow
def test_it_beats_standing_still_on_clips_that_it_has_not_seen():
    rows, unseen = TrainingRows(dots(0, n=60), SCALE), dots(1)
    trunk = train_trunk(rows, None, EFFORT, CHOICES[0], steps=80, seed=0).trunk
    every = unseen.there
    assert trunk_code(trunk, unseen.frames[every], unseen.state[every]).shape == (180, CODE)
    actions = trunk_actions(trunk, unseen.frames[every], unseen.state[every])
    valid = unseen.valid[every]
    loss = huber((actions - unseen.target[every])[valid].astype(float)).mean()
    still = huber(unseen.target[every][valid].astype(float)).mean()
    assert loss < 0.5 * still


@pytest.mark.slow
def test_training_stops_before_a_small_pool_is_memorised_and_keeps_the_best_network():
    """Six clips whose actions are noise: every step past the first few makes the held-out loss worse."""
    few, held = dots(3, n=6), dots(4, n=20)
    few.target[..., 1, :] = np.random.default_rng(0).normal(size=few.target[..., 1, :].shape)
    looked = HeldOut(held, held.valid, SCALE)
    effort = EffortSettings(batch=16, trunk_steps=300)
    found = train_best(TrainingRows(few, SCALE), looked, effort, CHOICES, seed=0)
    whole = train_trunk(TrainingRows(few, SCALE), None, effort, found.choice, steps=300, seed=0)
    assert found.steps < 300
    assert looked.loss(found.trunk) == pytest.approx(found.held_loss)
    assert found.held_loss < looked.loss(whole.trunk)


@pytest.mark.parametrize("choice", CHOICES)
def test_the_same_seed_gives_the_same_network_and_another_another(choice):
    data = dots(2, n=6)
    every = data.there
    codes = [
        trunk_code(
            train_trunk(TrainingRows(data, SCALE), None, EFFORT, choice, steps=3, seed=seed).trunk,
            data.frames[every],
            data.state[every],
        )
        for seed in (5, 5, 6)
    ]
    assert np.array_equal(codes[0], codes[1])
    assert not np.allclose(codes[0], codes[2])


def test_in_the_mirror_left_is_right_in_pixels_actions_and_states_alike():
    data = dots(5, n=1, k=1)
    data.state[..., 1, :] = [1, 0.2, 0.1, 0.3, 0.5, -0.4, 0.7, 0.8, -0.9, 1.1, 1, 1, 1, 0.6]
    data.target[..., 1, :] = np.arange(OUTPUTS) + 1
    batch = TrainingRows(data, SCALE).batch(np.random.default_rng(0), 40)
    mirrored = batch.present[:, 0].bool()
    assert 5 < int(mirrored.sum()) < 35
    wanted = [1, -0.2, 0.1, 0.3, -0.5, -0.4, -0.7, 0.8, 0.9, 1.1, 1, 1, 1, 0.6]
    assert batch.state[mirrored][0, 0].tolist() == pytest.approx(wanted)
    assert batch.target[mirrored][0, 0, :4].tolist() == pytest.approx([-1, 2, -3, 4])
    assert batch.target[mirrored][0, 0, -1].item() == OUTPUTS
    assert batch.target[~mirrored][0, 1, :4].tolist() == pytest.approx([1, 2, 3, 4])
