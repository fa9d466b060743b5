"""The linear parts: what they are, and that the networks begin at them and are no worse for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from engine.errors import RewardError
from engine.reward.checkpoint import ABOUT_FILE, NUMBERS_FILE, load_reward, save_reward
from engine.reward.fit import fit_prepared, fit_reward
from engine.reward.linear_part import linear_gains, linear_inputs, linear_part
from engine.reward.prepare import prepare
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.tables.types import PairTable
from tests.engine.reward import made

if TYPE_CHECKING:
    from pathlib import Path

    from engine.tables.types import ClipTable


def straight(n: int = 300, labels: int = 80, seed: int = 0) -> tuple[ClipTable, PairTable, np.ndarray]:
    """Clips whose worth is linear in one feature, and few, noisy answers about them."""
    table = made.clips(n, sources=30, seed=seed)
    worth = table.values[:, 0]
    random = np.random.default_rng(seed)
    left, right = (random.integers(0, n, labels) for _ in range(2))
    target = (random.random(labels) < 1 / (1 + np.exp(worth[right] - worth[left]))).astype(float)
    pairs = PairTable(
        left=left, right=right, target=target, annotators=("a",) * labels, strategies=("random",) * labels
    )
    return table, pairs, worth


def test_it_is_the_most_likely_linear_reward_under_its_prior() -> None:
    """By gradient descent on the posterior, which knows nothing of Newton's steps."""
    table, pairs, _ = straight()
    prepared = prepare(table, pairs, ModelSettings(), TrainingSettings(), None)
    inputs = prepared.inputs(prepared.scaling(np.arange(len(prepared))))
    times = np.random.default_rng(1).exponential(size=(2, len(prepared.pairs)))
    found = linear_part(prepared.layout, inputs, prepared.pairs, times, beta=2.0)
    seen = linear_inputs(prepared.layout)
    assert not found[:, ~seen].any()
    assert np.abs(found[:, seen]).max(axis=1).min() > 0.05
    x = inputs[prepared.pairs.left] - inputs[prepared.pairs.right]
    for member, own in zip(found, times, strict=True):
        slope = x.T @ (own * (prepared.pairs.target - 1 / (1 + np.exp(-2.0 * x @ member))))
        # Where the posterior is flat, what the answers pull is what the prior holds: the same factor for each weight.
        held = slope[seen] / (2.0 * member[seen])
        plain = np.array(prepared.layout.input_groups)[seen] != "embedding"
        assert held[plain] == pytest.approx(held[0], rel=1e-4)


def test_without_a_pass_over_the_labels_the_reward_is_its_linear_part() -> None:
    table, pairs, _ = straight()
    prepared = prepare(table, pairs, made.QUICK_MODEL, made.QUICK, None)
    reward = fit_prepared(table, prepared, made.QUICK_MODEL, made.QUICK, epochs=0, seed=3)
    inputs = prepared.inputs(reward.scaling)
    linear = inputs @ reward.weights["human.linear"][..., 0].T - reward.offset
    scored = reward.score(table).reward[prepared.clip_rows]
    assert scored == pytest.approx(linear.mean(axis=1), abs=1e-5)
    assert reward.score(table).reward_std.min() > 0  # each member weighs the labels in its own way


def test_few_answers_about_a_straight_world_are_no_reason_to_bend_it() -> None:
    table, pairs, worth = straight()
    reward = fit_reward(table, pairs, ModelSettings(), TrainingSettings(), seed=0)
    scored = reward.score(table).reward
    assert np.corrcoef(scored, worth)[0, 1] > 0.85


def test_gains_have_a_linear_part_too() -> None:
    table, pairs, worth = straight()
    rows = np.arange(0, 200, 2)
    gains = (rows, 3.0 + 2.0 * worth[rows])
    prepared = prepare(table, pairs, made.QUICK_MODEL, made.QUICK, gains)
    reward = fit_prepared(table, prepared, made.QUICK_MODEL, made.QUICK, epochs=0, seed=0)
    foretold = reward.score(table).robot_reward
    assert foretold is not None
    assert foretold == pytest.approx(3.0 + 2.0 * worth, abs=1.0)
    inputs = prepared.inputs(reward.scaling)
    assert not linear_gains(prepared.layout, inputs, np.array([0, 1]), np.array([1.0, -1.0])).any()


def test_a_checkpoint_without_linear_parts_scores_as_it_did(tmp_path: Path) -> None:
    """As version 1 wrote it."""
    table, pairs, worth = straight()
    reward = fit_reward(table, pairs, made.QUICK_MODEL, made.QUICK, seed=0, gains=(np.arange(100), worth[:100]))
    for head in ("human", "robot"):
        reward.weights[f"{head}.linear"][:] = 0
    save_reward(reward, tmp_path / NUMBERS_FILE, tmp_path / ABOUT_FILE)
    arrays = load_file(tmp_path / NUMBERS_FILE)
    save_file({name: array for name, array in arrays.items() if "linear" not in name}, tmp_path / NUMBERS_FILE)
    about = json.loads((tmp_path / ABOUT_FILE).read_text())
    (tmp_path / ABOUT_FILE).write_text(json.dumps({**about, "version": 1}))
    again = load_reward(tmp_path).score(table)
    huge = {name: a for name, a in arrays.items() if "linear" not in name}
    huge["network.human.last.weight"] = np.zeros((10**9, 0, 1), np.float32)  # no bytes at all
    assert np.array_equal(again.reward, reward.score(table).reward)
    assert np.array_equal(again.robot_reward, reward.score(table).robot_reward)  # type: ignore[arg-type]
    save_file(huge, tmp_path / NUMBERS_FILE)
    with pytest.raises(RewardError, match=r"human\.last\.weight has shape"):
        load_reward(tmp_path)
