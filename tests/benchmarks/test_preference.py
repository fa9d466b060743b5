"""The arithmetic of the comparison with random pairs, on made-up results."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks._preference_trials import COUNTS, MEASURES, split_by_video
from benchmarks.preference import RANDOM, by_workspace, comparisons, label_noise, worth

SHAPE = (4, 3, len(COUNTS), len(MEASURES))
"""Seeds, annotators, counts, measures."""


def rising() -> np.ndarray:
    """Random pairs that reach 0.5 to 0.9 with the labels, seeds far apart, annotators 0.01 apart."""
    curve = np.linspace(0.5, 0.9, len(COUNTS))[None, None, :, None]
    seeds = np.array([-0.2, -0.1, 0.1, 0.2])[:, None, None, None]
    return curve + seeds + 0.01 * np.array([-1.0, 0, 1])[None, :, None, None] + np.zeros(SHAPE)


def test_noise_is_the_spread_of_annotators_and_not_that_of_seeds() -> None:
    assert label_noise(rising()) == pytest.approx(np.full((len(COUNTS), len(MEASURES)), 0.01))


def test_a_gain_is_paired_by_seed_and_said_in_noise_and_in_random_labels() -> None:
    found = comparisons({RANDOM: rising(), "better": rising() + 0.05})
    at = {(row.strategy, row.measure, row.labels): row for row in found}
    gain = at["better", "pair accuracy", 100]
    assert (gain.less_random, gain.low, gain.high) == pytest.approx((0.05, 0.05, 0.05))
    assert gain.in_noise == pytest.approx(5)
    assert gain.worth_labels == pytest.approx(125)  # half of the way from 0.6 at 100 to 0.7 at 150
    assert at[RANDOM, "Spearman", 300].less_random == 0


def test_what_is_beyond_the_measured_labels_is_worth_no_more_than_the_most() -> None:
    assert worth(2.0, np.linspace(0.5, 0.9, len(COUNTS))) == max(COUNTS)


def test_three_workspaces_or_more_are_the_units_of_the_interval() -> None:
    seeds = np.array([1.0, 2, 3, 5, 6, 7])
    assert by_workspace(seeds, 3).tolist() == [3, 4, 5]
    assert by_workspace(seeds, 2).tolist() == seeds.tolist()


def test_values_are_the_videos_mean_and_what_is_left_of_it() -> None:
    means, rest = split_by_video(np.array([1.0, 3, 10, 20]), np.array([4, 4, 7, 7]))
    assert means.tolist() == [2, 15]
    assert rest.tolist() == [-1, 1, -5, 5]
