"""Success counted in Meta-World: its arithmetic without a simulator, and a few demonstrations with one."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks._metaworld_gains import COLUMNS, looks, nearer_pairs
from benchmarks._metaworld_policy import FirstLayer, cloned, pool_of, spread_rows
from benchmarks._metaworld_tiers import (
    ACTIONS,
    TIERS,
    Tier,
    action_noise,
    random_subsets,
    success_gain,
    success_reliability,
)

ABSENT = pytest.mark.skipif(find_spec("metaworld") is None, reason="Meta-World, the extra sim, is not installed")


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
def test_noise_has_its_tiers_strength_and_lasts(tier: Tier) -> None:
    noise = np.array([action_noise(tier, 150, np.random.default_rng(seed)) for seed in range(200)])
    disturbed = noise[..., -1]  # the gripper has no bias
    assert disturbed.std() == pytest.approx(tier.noise, rel=0.05)
    assert disturbed[:, 0].std() == pytest.approx(tier.noise, rel=0.15)  # as strong at the first step
    neighbours = np.corrcoef(disturbed[:, :-1].ravel(), disturbed[:, 1:].ravel())[0, 1]
    assert neighbours == pytest.approx(0.8, abs=0.03)


def test_bias_has_its_tiers_length_and_a_direction_of_each_demonstrations_own() -> None:
    worse = TIERS[-1]
    long = np.array(
        [action_noise(worse, 20_000, np.random.default_rng(seed))[:, :-1].mean(axis=0) for seed in range(9)]
    )
    assert np.linalg.norm(long, axis=1) == pytest.approx(np.full(9, worse.bias), abs=0.05)
    directions = long / np.linalg.norm(long, axis=1, keepdims=True)
    assert np.abs((directions @ directions.T)[np.triu_indices(9, 1)]).mean() < 0.9


def test_subsets_are_of_one_size_and_differ() -> None:
    subsets = random_subsets(12, 40, 1 / 3, np.random.default_rng(0))
    assert set(subsets.sum(axis=1)) == {4}
    assert len(np.unique(subsets, axis=0)) > 30


def test_what_a_demonstration_adds_to_success_is_with_it_less_without() -> None:
    subsets = np.array([[True, False, True], [False, True, True], [True, True, True], [False, False, True]])
    gain = success_gain(subsets, np.array([0.9, 0.2, 0.7, 0.1]))
    assert gain[:2] == pytest.approx([0.65, -0.05])
    assert np.isnan(gain[2])  # all have it: nothing is known of it


def test_halves_agree_where_demonstrations_matter_and_not_where_success_is_chance() -> None:
    rng = np.random.default_rng(2)
    subsets = random_subsets(30, 300, 1 / 3, rng)
    worth = rng.normal(size=30)
    assert success_reliability(subsets, subsets @ worth / 30, seed=0) > 0.8
    assert success_reliability(subsets, rng.random(300), seed=0) < 0.4


def test_rows_are_spread_from_a_demonstrations_first_step_to_its_last() -> None:
    steps = np.arange(10.0)[None].repeat(2, axis=0)
    assert spread_rows(steps, np.array([10, 5]), 3).tolist() == [[0, 4, 9], [0, 2, 4]]


def test_a_policy_is_the_head_of_the_gain_and_clones_what_was_done() -> None:
    rng = np.random.default_rng(3)
    states = rng.normal(scale=0.1, size=(12, 20, 10))
    layer = FirstLayer.drawn(states, 0)
    truth = rng.normal(size=(layer.width, ACTIONS)) / 20
    actions = layer.features(states) @ truth
    policy = cloned(layer, pool_of(layer, states, actions), np.arange(12) < 10, 1e-6)
    assert policy(states[11]) == pytest.approx(actions[11], abs=0.2)
    assert np.abs(policy(states[11]) - actions[11]).mean() < 0.2 * np.abs(actions[11]).mean()


def test_how_an_arm_moved_says_neither_how_long_it_took_nor_how_it_ended() -> None:
    state, action = np.zeros((2, 40, 10)), np.zeros((2, 40, ACTIONS))
    state[:, :, 0] = np.arange(40) * 0.01  # straight on, for 20 and for 40 steps
    values = looks(state, action, np.array([20, 40]))
    assert values.shape == (2, len(COLUMNS))
    assert values[0, 1:] == pytest.approx(values[1, 1:])
    assert values[0, COLUMNS.index("straightness")] == pytest.approx(1)


def test_the_simulated_judge_prefers_what_was_left_nearer_to_its_goal() -> None:
    left_over = np.array([0.0, 0.3, 0.1])
    pairs = nearer_pairs(left_over, 50, seed=0)
    assert ((left_over[pairs.left] < left_over[pairs.right]) == (pairs.target == 1)).all()
    assert (pairs.left != pairs.right).all()


def test_without_the_simulator_it_says_what_to_install_and_ends_well() -> None:
    code = (
        "import sys; sys.modules['metaworld'] = None; sys.argv = ['metaworld']\n"
        "from benchmarks import metaworld\nmetaworld.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '--editable ".[sim]"' in done.stdout


@ABSENT
def test_the_same_seed_shows_the_same_demonstrations_and_better_ones_succeed() -> None:
    from benchmarks._metaworld_world import World

    first = World("drawer-open-v3", 7).demonstrations(2)
    again = World("drawer-open-v3", 7).demonstrations(2)
    assert np.array_equal(first.state, again.state)
    assert np.array_equal(first.action, again.action)
    assert first.succeeded[first.tier == 0].all()
    assert (np.abs(first.action) <= 1).all()
