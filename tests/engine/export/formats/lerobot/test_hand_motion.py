"""Hands as arrays, of made-up tracks with known motion: places in the encoded picture, and motion without the
camera's."""

from __future__ import annotations

import numpy as np
import pytest

from engine.export.formats.lerobot.hand_motion import landmark_arrays, motion_arrays
from engine.export.formats.lerobot.layout import ACTION, ACTION_VALID, KEYPOINTS, PRESENCE, STATE
from engine.features.hand.tracks import INTERPOLATED, MISSING, SEEN
from engine.validation.hand_series import HandSeries

SIZE = (640, 360)
N = 12
_PALM = 0.1
"""Of the width, from wrist to middle knuckle."""


def marks(x: float, y: float) -> np.ndarray:
    """A hand whose palm's centre is at `(x, y)`, its palm 0.1 of the width long, thumb and index half of that apart."""
    found = np.zeros((21, 3), np.float32)
    found[:, 0], found[:, 1] = x, y
    half = _PALM / 2 * SIZE[0] / SIZE[1]
    found[0, 1] += half
    found[9, 1] -= half  # wrist and knuckle move apart evenly, so that the centre stays
    found[4, 0] += _PALM / 4
    found[8, 0] -= _PALM / 4
    return found


def series(left_x: np.ndarray, *, camera: np.ndarray | None = None, state: np.ndarray | None = None) -> HandSeries:
    """One hand in slot 1, whose palm moves along x; the camera shifts by `camera` from frame to frame."""
    n = len(left_x)
    landmarks = np.zeros((n, 2, 21, 3), np.float32)
    states = np.zeros((n, 2), np.uint8)
    states[:, 1] = SEEN if state is None else state
    track = np.full((n, 2), -1, np.int32)
    homography = np.zeros((n, 3, 3))
    for t, x in enumerate(left_x):
        if states[t, 1] != MISSING:
            landmarks[t, 1], track[t, 1] = marks(x, 0.5), 3
        if t:
            homography[t] = np.eye(3)
            homography[t, 0, 2] = 0.0 if camera is None else camera[t]
    score = np.where(states != MISSING, 0.9, 0).astype(np.float32)
    return HandSeries(
        t_s=np.arange(n) / 30,
        state=states,
        landmarks=landmarks,
        score=score,
        track=track,
        homography=homography,
        size=SIZE,
    )


def test_landmarks_lie_in_the_encoded_picture() -> None:
    arrays = landmark_arrays(series(np.full(N, 0.25)), source=(1280, 720), size=(400, 400))
    points = arrays[KEYPOINTS].reshape(N, 2, 21, 3)
    assert arrays[PRESENCE].tolist() == [[1, 0]] * N  # left in the picture
    np.testing.assert_allclose(points[:, 0, 2, 0], 0.25 * 400, atol=1e-3)
    np.testing.assert_allclose(points[:, 0, 2, 1], 200, atol=2)  # half of a picture of 224 lines, between bars of 88
    np.testing.assert_allclose(points[:, 0, :, 2], 0.9)
    assert not points[:, 1].any()


def test_a_hand_that_was_filled_in_has_a_place_and_no_score() -> None:
    state = np.array([SEEN] * 5 + [INTERPOLATED] * 2 + [SEEN] * 3 + [MISSING] * 2, np.uint8)
    arrays = landmark_arrays(series(np.full(N, 0.75), state=state), source=SIZE, size=SIZE)
    points = arrays[KEYPOINTS].reshape(N, 2, 21, 3)
    assert arrays[PRESENCE][:, 1].tolist() == [1] * 10 + [0] * 2
    assert points[5, 1, 0, 0] > 0
    assert points[5, 1, :, 2].tolist() == [0.0] * 21
    assert not points[10:].any()


def test_a_moving_hand_has_its_steps_as_actions() -> None:
    arrays = motion_arrays(series(0.2 + 0.01 * np.arange(N)))
    state, action = (arrays[name].reshape(N, 2, 4) for name in (STATE, ACTION))
    assert arrays[ACTION_VALID].tolist() == [[1, 0]] * (N - 1) + [[0, 0]]
    np.testing.assert_allclose(action[:-1, 0], np.tile([0.1, 0, 0, 0], (N - 1, 1)), atol=1e-5)
    np.testing.assert_allclose(state[0, 0], [-3, 0, _PALM, 0.5], atol=1e-5)  # 0.3 of the width left of the middle
    assert not action[-1].any()
    assert not state[:, 1].any()


def test_the_cameras_motion_is_no_motion_of_the_hand() -> None:
    camera = np.full(N, 0.02)
    still = motion_arrays(series(0.1 + np.cumsum(camera) - 0.02, camera=camera))
    np.testing.assert_allclose(still[ACTION], 0, atol=1e-5)
    held = motion_arrays(series(np.full(N, 0.3), camera=camera))  # it goes with the camera: it moves in the scene
    np.testing.assert_allclose(held[ACTION].reshape(N, 2, 4)[:-1, 0, 0], -0.2, atol=1e-5)


def test_what_is_not_known_is_no_action() -> None:
    gone = np.array([SEEN] * 4 + [MISSING] * 3 + [SEEN] * 5, np.uint8)
    found = series(0.2 + 0.01 * np.arange(N), state=gone)
    homography = found.homography.copy()
    homography[9] = 0  # the camera's motion from frame 8 to 9 can't be told
    arrays = motion_arrays(
        HandSeries(
            t_s=found.t_s,
            state=found.state,
            landmarks=found.landmarks,
            score=found.score,
            track=found.track,
            homography=homography,
            size=SIZE,
        )
    )
    assert arrays[ACTION_VALID][:, 0].tolist() == [1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 1, 0]
    assert not arrays[ACTION][arrays[ACTION_VALID][:, 0] == 0].any()
    assert not arrays[STATE][4:7].any()
    assert arrays[STATE][7, 0] == pytest.approx(-2.3, abs=1e-5)  # where it is seen again


def test_no_hand_at_all_is_all_zeros() -> None:
    nobody = series(np.full(N, 0.5), state=np.full(N, MISSING, np.uint8))
    for arrays in (landmark_arrays(nobody, SIZE, SIZE), motion_arrays(nobody)):
        assert not any(values.any() for values in arrays.values())
