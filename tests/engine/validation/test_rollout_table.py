"""Numbers of the table of success on known tables: means, errors, paired differences, correlations."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation.rollout_table import by_group, by_subset, paired_lead, success_row


def outcomes(placed: np.ndarray) -> np.ndarray:
    """`(seeds, scenes, 3)` with these placed; grasp and approach are all 1."""
    return np.stack([np.ones_like(placed), placed, np.ones_like(placed)], axis=-1)


def test_a_row_is_its_mean_and_its_error_over_seeds() -> None:
    placed = np.array([[1.0, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]])
    row = success_row("x", outcomes(placed), None, clips=3, policies=3, resamples=50, seed=0)
    assert row.placed.mean == pytest.approx(0.5)
    assert row.placed.error == pytest.approx(np.std([0.5, 0.75, 0.25], ddof=1) / np.sqrt(3))
    assert row.placed.lead is None
    single = success_row("x", outcomes(placed[:1]), None, clips=3, policies=1, resamples=50, seed=0)
    assert single.placed.error is None, "one seed has no spread"


def test_a_difference_that_is_the_same_everywhere_has_no_width() -> None:
    random = np.random.default_rng(0).integers(0, 2, (5, 40)).astype(float)
    found = paired_lead(random + 0.25, random, 200, seed=0)
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Outcomes with effects of scene and of seed, as attempts have them: rows and columns are drawn, not cells."""
    rng = np.random.default_rng(1)
    held, n = 0, 120
    for _ in range(n):
        scene, seed = rng.normal(0, 0.3, (1, 50)), rng.normal(0, 0.1, (8, 1))
        mine = 0.2 + scene + seed + rng.normal(0, 0.3, (8, 50))
        found = paired_lead(mine, np.zeros((8, 50)), 300, seed=2)
        held += found.low <= 0.2 <= found.high
    assert 0.87 <= held / n <= 1.0


def test_one_policy_is_compared_with_each_seed_of_the_others() -> None:
    random = np.array([[0.0, 1, 0, 1], [1, 1, 0, 0]])
    found = paired_lead(np.ones((1, 4)), random, 100, seed=0)
    assert found.value == pytest.approx(0.5)


def test_groups_tell_what_they_add_to_the_base() -> None:
    base = outcomes(np.zeros((1, 10)))[0]
    groups = [outcomes(np.array([[1.0] * k + [0.0] * (10 - k)]))[0] for k in (1, 4, 2, 6)]
    found = by_group([-1.0, 0.0, 0.5, 1.0], base, groups)
    assert found is not None
    assert [one.placed for one in found.bins] == pytest.approx([0.1, 0.4, 0.2, 0.6])
    assert found.rho["placed"] == pytest.approx(0.8)
    assert found.rho["grasp"] is None, "all the same: no order"
    assert by_group([0.0, 1.0], base, groups[:2]) is None


def test_subsets_tell_whether_the_loss_predicts_success() -> None:
    gains = np.linspace(0, 1, 20)
    found = by_subset(
        gains, -gains, [outcomes(np.full((1, 10), gain))[0] for gain in gains], resamples=100, seed=0
    )  # fmt: skip
    assert found is not None
    assert found.gain_rho["placed"].value == pytest.approx(1.0)
    assert found.predicted_rho["placed"].value == pytest.approx(-1.0)
    assert found.gain_rho["grasp"].value is None
    assert by_subset(gains[:3], gains[:3], [np.ones((2, 3))] * 3, resamples=50, seed=0) is None
