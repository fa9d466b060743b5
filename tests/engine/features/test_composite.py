"""The composite score: bounded, monotone, indifferent to what is missing and to units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from engine.features.composite import CompositeSettings, composite_score, normalised
from engine.features.registry import all_columns

columns = arrays(np.float64, 12, elements=st.one_of(st.floats(-1e9, 1e9), st.just(float("nan"))))


@given(a=columns, b=columns)
def test_it_lies_between_0_and_1_or_is_missing(a: np.ndarray, b: np.ndarray) -> None:
    score = composite_score({"a": a, "b": b}, {"a": 2.0, "b": -1.0, "absent": 5.0})
    assert (np.isnan(score) == (np.isnan(a) & np.isnan(b))).all()
    assert ((score[~np.isnan(score)] >= 0) & (score[~np.isnan(score)] <= 1)).all()


def test_the_median_clip_has_one_half_and_outliers_change_little() -> None:
    values = np.arange(11.0)
    assert normalised(values)[5] == 0.5
    wild = values.copy()
    wild[10] = 1e9
    assert normalised(wild)[:10] == pytest.approx(normalised(values)[:10])
    assert normalised(wild)[10] == pytest.approx(1)


def test_it_is_what_it_says() -> None:
    """Quartiles of 0…8 are 2 and 6: z of 8 is (8 − 4) / (4 / 1.349)."""
    expected = 1 / (1 + np.exp(-(8 - 4) / (4 / 1.3489795)))
    assert normalised(np.arange(9.0))[8] == pytest.approx(expected)
    score = composite_score({"a": np.arange(9.0), "b": np.zeros(9)}, {"a": -3.0, "b": 1.0})
    assert score[8] == pytest.approx((3 * (1 - expected) + 0.5) / 4)


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=40)
    weights = {"a": 1.0}
    assert composite_score({"a": values}, weights) == pytest.approx(composite_score({"a": 1000 * values + 7}, weights))


def test_what_is_missing_takes_no_part() -> None:
    a = np.array([1.0, 2.0, 3.0, np.nan])
    with_gap = composite_score({"a": a, "b": np.array([np.nan] * 4)}, {"a": 1.0, "b": 1.0})
    assert with_gap[:3] == pytest.approx(composite_score({"a": a}, {"a": 1.0})[:3])
    assert np.isnan(with_gap[3])
    assert composite_score({}, {"a": 1.0}).shape == (0,)


def test_default_weights_are_of_features_that_exist() -> None:
    assert set(CompositeSettings().weights) <= {column.name for column in all_columns()}
    with pytest.raises(ValidationError):
        CompositeSettings(weights={"a": float("inf")})
