"""Where things move: in the working space or elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.motion import Motion
from engine.features.work_space import near_and_far, near_ratio
from tests.engine.features.scenes import HEIGHT, WIDTH, measure, view, with_blob


@given(scale=st.floats(0.2, 8), seed=st.integers(0, 1000))
def test_where_points_move_does_not_depend_on_the_size_of_the_picture(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, residuals = rng.random((60, 2)) * (640, 360), rng.random(60)
    near, far = near_and_far(points, residuals, 640, 360)
    # A point on the very edge of the working space may fall on either side of it.
    assert near_and_far(points * scale, residuals, 640 * scale, 360 * scale) == pytest.approx((near, far))  # type: ignore[arg-type]


def test_points_are_near_only_in_the_lower_middle() -> None:
    points = np.array([[320, 300], [320, 100], [30, 300], [610, 300]], float)
    assert near_and_far(points, np.array([8.0, 1.0, 2.0, 3.0]), 640, 360) == (8, 2)


def test_the_ratio_is_0_for_alike_and_unknown_without_points_on_either_side() -> None:
    assert near_ratio([0.1, np.nan, 0.3], [0.2]) == pytest.approx(0)
    assert near_ratio([1.0], [0.1]) == pytest.approx(-near_ratio([0.1], [1.0]))
    assert np.isnan(near_ratio([np.nan], [0.2]))
    assert np.isnan(near_ratio([0.2], []))


@pytest.mark.parametrize("pan", [(0.0, 0.0), (5.0, 2.0)])
def test_a_hand_at_work_moves_near_and_one_above_moves_far(pan: tuple[float, float]) -> None:
    def ratio(y: float) -> float:
        shown = [
            with_blob(view(k * pan[0], k * pan[1]), WIDTH / 2 + 25 * np.sin(0.8 * k), y, radius=40) for k in range(16)
        ]
        value = measure(Motion(), shown).values["near_ratio"]
        assert value is not None
        return value

    assert ratio(0.75 * HEIGHT) > 1
    assert ratio(0.18 * HEIGHT) < -1


def test_a_frozen_picture_moves_alike_everywhere() -> None:
    values = measure(Motion(), [view()] * 5).values
    assert values["near_ratio"] == 0


def test_a_single_picture_has_no_ratio() -> None:
    result = measure(Motion(), [view()])
    assert result.values["near_ratio"] is None
    assert result.note == "Motion needs at least two frames."
