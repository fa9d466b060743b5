"""The quick fit against finite differences and closed forms, and what it says about what is left to learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.preference.bradley_terry import objective, sigmoid
from engine.preference.design import COMPONENTS, design_rows, standardised
from engine.preference.linear import fit_linear, fit_linear_evidence
from engine.tables.types import ClipTable


def data(n: int = 200, d: int = 5, size: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(n, d)), size * rng.normal(size=d)
    return x, (rng.random(n) < sigmoid(x @ w)).astype(float), w


def test_at_the_fit_no_direction_improves_and_the_covariance_is_the_inverse_curvature() -> None:
    x, y, _ = data()
    fit = fit_linear(x, y, 2.0)
    step = 1e-4
    hessian = np.empty((5, 5))

    def loss(weights: np.ndarray) -> float:
        return objective(x @ weights, y, weights, 2.0)

    for i in range(5):
        e = step * np.eye(5)[i]
        slope = (loss(fit.weights + e) - loss(fit.weights - e)) / (2 * step)
        assert slope == pytest.approx(0, abs=1e-3)
        for j in range(5):
            g = step * np.eye(5)[j]
            at = [loss(fit.weights + a * e + b * g) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            hessian[i, j] = (at[0] - at[1] - at[2] + at[3]) / (4 * step**2)
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(hessian), rtol=1e-3, atol=1e-6)


def test_two_clips_have_the_closed_form() -> None:
    """30 of 40 for left: log odds ln 3, with hardly any prior."""
    x, y = np.ones((40, 1)), np.repeat([1.0, 0.0], [30, 10])
    fit = fit_linear(x, y, 1e-6)
    assert fit.weights[0] == pytest.approx(math.log(3), abs=1e-5)
    assert fit.covariance[0, 0] == pytest.approx(1 / (40 * 0.75 * 0.25), rel=1e-4)


def test_a_tie_counts_as_half_a_win_each_way() -> None:
    x, _, _ = data(40)
    ties = fit_linear(np.vstack([x, x]), np.full(80, 0.5), 1.0)
    halves = fit_linear(np.vstack([x, x]), np.repeat([1.0, 0.0], 40), 1.0)
    np.testing.assert_allclose(ties.weights, halves.weights, atol=1e-9)


def test_the_evidence_speaks_for_a_wide_prior_where_weights_are_large_and_for_a_narrow_one_where_they_are_not() -> None:
    x, y, _ = data(400, size=1.0)
    assert fit_linear_evidence(x, y, precisions=(1.0, 1000.0)).precision[0] == 1.0
    x, y, _ = data(400, size=0.0)
    assert fit_linear_evidence(x, y, precisions=(1.0, 1000.0)).precision[0] == 1000.0


def test_no_answers_leave_the_prior() -> None:
    fit = fit_linear_evidence(np.zeros((0, 3)), np.zeros(0))
    np.testing.assert_allclose(fit.weights, 0)
    np.testing.assert_allclose(fit.covariance, np.diag(1 / fit.precision))


def test_an_embedding_that_says_nothing_gets_a_narrower_prior() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(500, 12))
    embedded = np.arange(12) >= 4
    y = (rng.random(500) < sigmoid(x[:, :4] @ np.array([1.0, -1.0, 0.7, 0.5]))).astype(float)
    fit = fit_linear_evidence(x, y, embedded)
    assert fit.precision[-1] == 10 * fit.precision[0]


def test_columns_are_standardised_with_outliers_pulled_in_and_gaps_in_the_middle() -> None:
    rng = np.random.default_rng(0)
    column = np.concatenate([rng.normal(5, 2, size=998), [1e9, np.nan]])
    made = standardised(column, np.arange(1000))
    assert made[999] == 0
    assert 2 < made[998] == made.max() < 3
    assert made[:998].mean() == pytest.approx(0, abs=0.01)
    assert made[:998].std() == pytest.approx(1, abs=0.01)
    rare = np.zeros(500)
    rare[7] = 1.0
    assert standardised(rare, np.arange(500))[7] == 5.0
    assert np.all(standardised(np.full(5, np.nan), np.arange(5)) == 0)


def test_a_design_leaves_out_what_never_varies_and_finds_the_directions_of_an_embedding() -> None:
    rng = np.random.default_rng(0)
    values = np.column_stack([np.ones(50), rng.normal(size=50), np.full(50, np.nan)])
    hidden = rng.normal(size=50)
    vectors = (np.outer(hidden, rng.normal(size=64)) + 0.01 * rng.normal(size=(50, 64))).astype(np.float32)
    vectors[7] = np.nan
    clips = ClipTable(
        clip_ids=tuple(map(str, range(50))),
        video_ids=("v",) * 50,
        columns=("a", "b", "c"),
        groups=("g",) * 3,
        values=values,
        embedding_model="m",
        embedding=vectors,
    )
    made, embedded = design_rows(clips, np.arange(50))
    assert list(embedded) == [False] + [True] * COMPONENTS
    assert made.shape == (50, 1 + COMPONENTS)
    others = np.arange(50) != 7
    assert abs(np.corrcoef(made[others, 1], hidden[others])[0, 1]) > 0.999
    assert np.all(made[7, 1:] == 0)
