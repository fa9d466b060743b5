"""Correlations and intervals where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.statistics.correlation import spearman
from engine.statistics.resampling import (
    ceiling,
    correlation,
    partial_rho,
    permutation_p,
    resampled_rows,
    spearman_brown,
    split_half,
)


def test_in_a_null_world_the_interval_covers_zero_about_as_often_as_it_says():
    covered = 0
    for repetition in range(200):
        rng = np.random.default_rng([repetition, 5])
        sources = [f"v{i % 24}" for i in range(168)]
        # Sources differ in both columns, on their own accounts: clips of a source are alike.
        gain = rng.normal(size=24)[np.arange(168) % 24] * 0.5 + rng.normal(size=168)
        reward = rng.normal(size=24)[np.arange(168) % 24] * 0.5 + rng.normal(size=168)
        found = correlation(reward, gain, resampled_rows(sources, 200, repetition))
        covered += found.low <= 0 <= found.high
    assert 0.90 <= covered / 200 <= 0.985


def test_permutations_tell_a_real_relation_from_none_and_sources_from_clips():
    rng = np.random.default_rng(1)
    sources = [f"v{i % 12}" for i in range(120)]
    level = rng.normal(size=12)[np.arange(120) % 12]
    gain = level + 0.3 * rng.normal(size=120)
    by_source = level + 0.3 * rng.normal(size=120)
    assert permutation_p(by_source, gain, None, 200, 0) < 0.01
    assert permutation_p(by_source, gain, sources, 200, 0) > 0.02
    assert permutation_p(gain + rng.normal(size=120) * 0.2, gain, sources, 200, 0) < 0.01


def test_length_alone_is_caught_by_the_partial_correlation():
    rng = np.random.default_rng(2)
    length = rng.uniform(1, 20, 400)
    gain, reward = length + rng.normal(size=400), length + rng.normal(size=400)
    assert spearman(reward, gain) > 0.9
    assert abs(partial_rho(reward, gain, [length])) < 0.12
    real = rng.normal(size=400)
    assert partial_rho(real + length, real + length + 0.2 * rng.normal(size=400), [length]) > 0.6


def test_reliability_of_halves_gives_that_of_the_whole():
    assert spearman_brown(0.5) == pytest.approx(2 / 3)
    rng = np.random.default_rng(3)
    truth = rng.normal(size=500)
    measures = truth + 2.0 * rng.normal(size=(40, 500))
    wanted = 1 / (1 + 4 / 40)
    assert split_half(measures, 0) == pytest.approx(wanted, abs=0.04)
    assert split_half(rng.normal(size=(40, 500)), 0) < 0.2


def test_the_ceiling_is_what_noise_leaves_of_a_perfect_relation():
    rng = np.random.default_rng(4)
    truth = rng.normal(size=4000)
    one, other = truth + rng.normal(size=4000), truth + 0.5 * rng.normal(size=4000)
    assert ceiling(1 / 2, 1 / 1.25) == pytest.approx(np.corrcoef(one, other)[0, 1], abs=0.03)


def test_the_interval_is_that_of_the_correlation_in_each_sample_alone():
    rng = np.random.default_rng(6)
    one, other = rng.integers(0, 9, 60).astype(float), rng.normal(size=60)
    one[3], other[7] = np.nan, np.nan
    samples = resampled_rows([f"v{i // 4}" for i in range(60)], 1_100, 0)
    alone = [spearman(one[rows], other[rows]) for rows in samples]
    found = correlation(one, other, samples)
    assert found.value == spearman(one, other)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(alone, (0.025, 0.975))))


def test_bootstrap_draws_whole_sources():
    sources = ["a", "a", "b", "b", "b", "c"]
    for rows in resampled_rows(sources, 20, 0):
        counts = np.bincount(rows, minlength=6)
        assert counts[0] == counts[1]
        assert counts[2] == counts[3] == counts[4]
