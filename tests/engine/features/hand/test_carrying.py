"""What moves along with a hand: points with known motion around a hand of known motion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.camera_motion import PointTracks
from engine.features.hand.carrying import carried_share, moving_along
from engine.features.hand.tracks import Hand

SIZE = (640, 360)
STEP_S = 0.1


def hand_at(x: float, y: float, size: tuple[float, float] = SIZE) -> Hand:
    """An upright hand of 60 px from wrist to middle knuckle, its wrist at (x, y) below, in a frame of 640 × 360."""
    rng = np.random.default_rng(3)
    places = np.column_stack([rng.uniform(-25, 25, 21), rng.uniform(-110, 0, 21)])
    places[0], places[9] = (0, 0), (0, -60)
    marks = np.zeros((21, 3), np.float32)
    marks[:, :2] = (places + np.array([x, y])) / SIZE
    return Hand(marks, 0.9)


def around(x: float, y: float) -> np.ndarray:
    """Points ahead of the fingers of a hand at (x, y)."""
    return np.array([(x + dx, y - 150 + dy) for dx in (-30, 0, 30) for dy in (-20, 0, 20)], np.float64)


def step(
    moved: np.ndarray, *, points: np.ndarray | None = None, camera: tuple[float, float] = (0, 0), scale: float = 1
) -> float:
    """A hand that moves by 20 px, points that move by `moved`, and a camera that moves the picture by `camera`."""
    end = (around(320, 300) if points is None else points).astype(np.float64)
    start = end - moved - camera
    shift = np.eye(3)
    shift[:2, 2] = np.array(camera) * scale
    tracks = PointTracks((start * scale).astype(np.float32), (end * scale).astype(np.float32))
    before, after = [hand_at(300 - camera[0], 300 - camera[1])], [hand_at(320, 300)]
    return moving_along(tracks, shift, before, after, (round(640 * scale), round(360 * scale)), STEP_S)


@given(st.floats(-8, 8), st.floats(-8, 8), st.sampled_from([1, 2, 0.5]))
def test_a_held_thing_moves_along_and_a_table_does_not_whatever_the_camera_does(
    dx: float, dy: float, scale: float
) -> None:
    held, table = np.array([20.0, 0.0]), np.array([0.0, 0.0])
    assert step(held, camera=(dx, dy), scale=scale) == 1
    assert step(table, camera=(dx, dy), scale=scale) == 0


def test_the_share_is_of_the_points_around_the_hand() -> None:
    moved = np.zeros((9, 2))
    moved[:3] = (20, 0)
    assert step(moved) == pytest.approx(1 / 3)


def test_the_forearm_moves_along_and_does_not_count() -> None:
    forearm = np.array([(320 + dx, 330 + dy) for dx in (-10, 0, 10) for dy in (0, 10, 20)], float)
    points = np.concatenate([forearm, around(320, 300)])
    moved = np.concatenate([np.tile([20.0, 0.0], (9, 1)), np.zeros((9, 2))])
    assert step(moved, points=points) == 0


def test_it_is_unknown_where_too_few_points_are_followed_and_0_where_no_hand_moves() -> None:
    assert np.isnan(step(np.zeros(2), points=around(320, 300)[:2]))
    still = PointTracks(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))
    assert moving_along(still, np.eye(3), [hand_at(320, 300)], [hand_at(320, 300)], SIZE, STEP_S) == 0
    assert moving_along(still, np.eye(3), [], [hand_at(320, 300)], SIZE, STEP_S) == 0
    assert moving_along(still, np.eye(3), [], [], SIZE, STEP_S) == 0


def test_a_hand_that_was_elsewhere_before_is_another_one() -> None:
    end = around(320, 300)
    tracks = PointTracks(end.astype(np.float32), end.astype(np.float32))
    assert moving_along(tracks, np.eye(3), [hand_at(50, 150)], [hand_at(320, 300)], SIZE, STEP_S) == 0


def test_unknown_steps_take_no_part() -> None:
    assert carried_share([1.0, float("nan"), 0.0]) == 0.5
    assert np.isnan(carried_share([float("nan")]))
    assert np.isnan(carried_share([]))
