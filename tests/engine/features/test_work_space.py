"""Where things move: in the working space or elsewhere, and whether they keep moving there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.motion import Motion
from engine.features.work_space import near_and_far, near_ratio, persistence
from tests.engine.features.scenes import HEIGHT, WIDTH, measure, view, with_blob


def tiles(*places: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((9, 16), bool)
    for row, column in places:
        mask[row, column] = True
    return mask


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


def test_what_moves_in_one_place_persists_and_what_wanders_does_not() -> None:
    here = [tiles((6, 8), (6, 9))] * 5
    assert persistence(here) == 1
    assert persistence([tiles((k, k)) for k in range(5)]) == 0
    assert persistence([tiles((1, k), (1, k + 1)) for k in range(5)]) == pytest.approx(1 / 3)


def test_nothing_that_changes_does_not_persist_and_too_few_known_steps_are_unknown() -> None:
    assert persistence([tiles(), tiles(), tiles()]) == 0
    assert np.isnan(persistence([tiles((1, 1))]))
    assert np.isnan(persistence([tiles((1, 1)), None, tiles((1, 1))]))


@given(st.lists(st.one_of(st.none(), st.integers(0, 2**16 - 1)), min_size=2, max_size=12))
def test_persistence_is_a_share_and_the_same_backwards(rows: list[int | None]) -> None:
    masks = [None if row is None else np.array([[bool(row >> bit & 1) for bit in range(16)]]) for row in rows]
    found = persistence(masks)
    assert np.isnan(found) or 0 <= found <= 1
    assert found == pytest.approx(persistence(masks[::-1]), nan_ok=True)


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


def test_a_hand_that_stays_persists_longer_than_one_that_crosses_the_picture() -> None:
    def found(x: list[float]) -> float:
        value = measure(Motion(), [with_blob(view(), at, 220, radius=35) for at in x]).values["persistence"]
        assert value is not None
        return value

    stays = [WIDTH / 2 + 10 * (-1) ** k for k in range(12)]
    crosses = [30 + 33.0 * k for k in range(12)]
    assert found(stays) > 1.5 * found(crosses)


def test_a_frozen_picture_moves_alike_everywhere_and_nothing_persists() -> None:
    values = measure(Motion(), [view()] * 5).values
    assert values["near_ratio"] == 0
    assert values["persistence"] == 0


def test_a_single_picture_has_neither() -> None:
    result = measure(Motion(), [view()])
    assert result.values["near_ratio"] is None
    assert result.values["persistence"] is None
    assert result.note == "Motion needs at least two frames."
