"""Rank correlations against scipy, ties and resamplings among them."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.statistics.correlation import mean_ranks, spearman, weighted_spearman

ROOT = Path(__file__).resolve().parents[3]
few_values = st.lists(st.integers(0, 4), min_size=3, max_size=30)


def test_rho_agrees_with_scipy_with_ties_and_missing_values() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 5, 80).astype(float), rng.normal(size=80)
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other)[0])
    one[3] = np.nan
    assert spearman(one, other) == pytest.approx(stats.spearmanr(np.delete(one, 3), np.delete(other, 3))[0])
    assert np.isnan(spearman(np.ones(10), other[:10]))
    assert np.isnan(spearman(one[:2], other[:2]))


def test_tied_gains_have_the_rho_of_scipy_in_the_report_of_a_reward_and_of_a_validation_alike() -> None:
    """Half of all gains are exactly 0: dense ranks, without the means, gave 0.20 where scipy says 0.16."""
    rng = np.random.default_rng(4)
    gain = np.where(rng.random(60) < 0.5, 0.0, rng.normal(size=60).round(1))
    said = gain + rng.normal(size=60).round(1)
    expected = stats.spearmanr(said, gain).statistic
    assert spearman(said, gain) == pytest.approx(expected)
    assert weighted_spearman(said, gain, np.ones((1, 60)))[0] == pytest.approx(expected)


@given(few_values, st.integers(0, 2**32 - 1))
def test_ranks_are_those_of_scipy(values: list[int], seed: int) -> None:
    array = np.array(values, float)
    np.testing.assert_allclose(mean_ranks(array), stats.rankdata(array))
    weights = np.random.default_rng(seed).integers(0, 4, (3, len(array)))
    for row, ranks in zip(weights, mean_ranks(array, weights.astype(float)), strict=True):
        np.testing.assert_allclose(np.repeat(ranks, row), stats.rankdata(np.repeat(array, row)))


@given(few_values, st.integers(0, 2**32 - 1))
def test_a_weight_counts_a_row_as_often_as_it_was_drawn(values: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = np.array(values, float)
    other = rng.integers(0, 4, len(one)).astype(float)
    weights = rng.multinomial(len(one), np.full(len(one), 1 / len(one)), size=4)
    found = weighted_spearman(one, other, weights.astype(float))
    expected = [spearman(np.repeat(one, row), np.repeat(other, row)) for row in weights]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_missing_value_is_left_out_of_every_resampling() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 20))
    one[5], other[9] = np.nan, np.inf
    weights = rng.integers(0, 3, (5, 20)).astype(float)
    kept = np.isfinite(one) & np.isfinite(other)
    np.testing.assert_allclose(
        weighted_spearman(one, other, weights), weighted_spearman(one[kept], other[kept], weights[:, kept])
    )
    assert np.isnan(weighted_spearman(one[:2], other[:2], weights[:, :2])).all()


def test_there_is_one_spearman_in_the_whole_tree() -> None:
    defined = [
        str(path.relative_to(ROOT))
        for top in ("app", "benchmarks", "engine", "pages", "storage")
        for path in (ROOT / top).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.strip("_") in ("spearman", "ranks", "mean_ranks", "rankdata")
    ]
    assert sorted(defined) == ["engine/statistics/correlation.py"] * 2
