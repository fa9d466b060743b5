"""Turned squares of frames: exact pixels, borders, and landmarks back in the frame."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.hand.batched.boxes import (
    are_one_hand,
    frame_square,
    overlap,
    overlaps_any,
    square_of_landmarks,
    square_of_palm,
)
from engine.features.hand.batched.crops import crop, projected

FRAME = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


def levels(frame: np.ndarray, square: np.ndarray, side_px: int, border: str) -> np.ndarray:
    """The crop as levels, `(side, side, 3)`."""
    (seen,) = crop(torch.from_numpy(frame)[None], square[None, None], side_px, border=border)  # type: ignore[arg-type]
    return np.rint(seen.permute(1, 2, 0).numpy() * 255).astype(int)


def by_hand(frame: np.ndarray, square: np.ndarray, side_px: int, border: str) -> np.ndarray:
    """OpenCV's fixed-point bilinear sampling, a pixel at a time."""
    height, width, _ = frame.shape
    x, y, side, angle = square
    out = np.zeros((side_px, side_px, 3), int)
    for row in range(side_px):
        for column in range(side_px):
            along, down = (column / side_px - 0.5) * side, (row / side_px - 0.5) * side
            at_x = round((x + np.cos(angle) * along - np.sin(angle) * down) * 32)
            at_y = round((y + np.sin(angle) * along + np.cos(angle) * down) * 32)
            total = np.zeros(3, int)
            for step_x, step_y in ((0, 0), (0, 1), (1, 0), (1, 1)):
                i, j = at_x // 32 + step_x, at_y // 32 + step_y
                inside = 0 <= i < width and 0 <= j < height
                weight = (at_x % 32 if step_x else 32 - at_x % 32) * (at_y % 32 if step_y else 32 - at_y % 32)
                if inside or border == "edge":
                    total += weight * frame[min(max(j, 0), height - 1), min(max(i, 0), width - 1)].astype(int)
            out[row, column] = (total + 512) // 1024
    return out


@settings(max_examples=25, deadline=None)
@given(
    place=st.tuples(st.floats(-30, 90), st.floats(-30, 70), st.floats(1, 120), st.floats(-3.2, 3.2)),
    border=st.sampled_from(["black", "edge"]),
)
def test_any_square_has_the_levels_worked_out_by_hand(place: tuple[float, ...], border: str) -> None:
    square = np.array(place)
    assert (levels(FRAME, square, 8, border) == by_hand(FRAME, square, 8, border)).all()


def test_the_square_of_a_square_frame_in_its_own_size_is_the_frame() -> None:
    frame = FRAME[:, :40]
    assert (levels(frame, frame_square((40, 40)), 40, "black") == frame).all()


def test_a_wide_frame_is_padded_above_and_below() -> None:
    seen = levels(FRAME, frame_square((60, 40)), 60, "black")
    assert (seen[10:50] == FRAME).all()
    assert not seen[:10].any()
    assert not seen[50:].any()


def test_a_square_turned_by_a_quarter_is_the_frame_turned_back() -> None:
    frame = FRAME[:, :40]
    seen = levels(frame, np.array([20, 20, 40, np.pi / 2]), 40, "edge")
    # Down in the picture is to the left in the frame, and to the right is down
    assert (seen[1:] == frame[:, :0:-1].swapaxes(0, 1)).all()
    assert (seen[0] == frame[:, 39]).all()


def test_several_squares_of_several_frames_come_out_in_order() -> None:
    frames = torch.from_numpy(np.stack([FRAME, 255 - FRAME]))
    squares = np.array([[(20, 20, 10, 0.1), (30, 10, 20, 0.2)], [(40, 30, 15, 0.3), (10, 10, 12, -0.4)]])
    together = crop(frames, squares, 8, border="edge")
    for number, square in enumerate(squares.reshape(4, 4)):
        (alone,) = crop(frames[number // 2][None], square[None, None], 8, border="edge")
        assert torch.equal(together[number], alone)


@given(place=st.tuples(st.floats(0, 60), st.floats(0, 40), st.floats(5, 80), st.floats(-3.2, 3.2)))
def test_a_landmark_is_projected_to_where_its_pixel_was_taken(place: tuple[float, ...]) -> None:
    """The frame's levels are its coordinates, so that a pixel of the crop tells where it came from."""
    x, y = np.meshgrid(np.arange(120), np.arange(120))
    frame = np.stack([x, y, x], axis=-1).astype(np.uint8)
    square = np.array(place) + np.array([30, 40, 0, 0])
    seen = levels(frame, square, 16, "edge")
    marks = np.array([(5.0, 9.0, 0.0), (12.0, 3.0, 0.0)])
    for mark, found in zip(marks, projected(marks, square, 16, (120, 120))[:, :2] * 120, strict=True):
        if (found > 1).all() and (found < 118).all():
            assert seen[int(mark[1]), int(mark[0]), :2] == pytest.approx(found, abs=0.6)


def test_depth_is_scaled_like_the_square_s_width() -> None:
    found = projected(np.array([(0.0, 0.0, 22.4)]), np.array([50, 50, 30, 0.7]), 224, (100, 200))
    assert found[0, 2] == pytest.approx(22.4 / 224 / 0.4 * 30 / 100)


_X = [50, 38, 32, 28, 25, 42, 41, 40, 40, 50, 50, 50, 50, 57, 58, 58, 58, 64, 66, 67, 68]
_Y = [90, 80, 70, 60, 52, 55, 40, 30, 22, 53, 37, 26, 17, 55, 40, 30, 22, 60, 48, 40, 33]
HAND = np.column_stack([_X, _Y]).astype(float)
"""Landmarks of an upright hand, in px."""


def test_an_upright_hand_s_next_square_is_twice_its_steady_part_and_a_little_higher() -> None:
    """Knuckles straight above the wrist; steady landmarks span x 28 to 66 and y 37 to 90."""
    upright = HAND.copy()
    upright[[5, 9, 13], 0] = 50
    x, y, side, angle = square_of_landmarks(upright)
    assert angle == pytest.approx(0)
    assert side == pytest.approx(2 * (90 - 37))
    assert (x, y) == pytest.approx(((28 + 66) / 2, (37 + 90) / 2 - 0.1 * (90 - 37)))


@given(turn=st.floats(-3, 3))
def test_a_turned_hand_has_a_turned_square(turn: float) -> None:
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.array([[cos, -sin], [sin, cos]])
    straight, turned = square_of_landmarks(HAND), square_of_landmarks(HAND @ rotation.T)
    assert turned[:2] == pytest.approx(rotation @ straight[:2], abs=1e-6)
    assert turned[2] == pytest.approx(straight[2])
    assert np.cos(turned[3] - straight[3] - turn) == pytest.approx(1)


def test_a_palm_s_square_is_turned_as_mediapipe_turns_it() -> None:
    """Its target of 90 is read as radians: an upright palm counts as turned by 90 − π / 2 rad, 26.6°."""
    keypoints = np.zeros((7, 2))
    keypoints[0], keypoints[2] = (50, 80), (50, 40)
    x, y, side, angle = square_of_palm(np.array([40.0, 40.0, 60.0, 80.0]), keypoints)
    assert np.degrees(angle) == pytest.approx(26.62, abs=0.01)
    assert side == pytest.approx(2.6 * 40)
    assert (x, y) == pytest.approx((50 + 20 * np.sin(angle), 60 - 20 * np.cos(angle)))


def test_overlap_is_intersection_over_union() -> None:
    others = np.array([(0, 0, 10, 10), (5, 0, 15, 10), (20, 20, 30, 30), (4, 4, 4, 4)], float)
    assert overlap(others[0], others).tolist() == pytest.approx([1, 1 / 3, 0, 0])
    square = np.array([5.0, 5.0, 10.0, 0.7])
    assert overlaps_any(square, [np.array([10.0, 5.0, 10.0, 0.0])], 0.3)
    assert not overlaps_any(square, [np.array([10.0, 5.0, 10.0, 0.0])], 0.34)
    assert not overlaps_any(square, [], 0.1)


def test_one_hand_found_twice_is_known_and_two_hands_are_two() -> None:
    assert are_one_hand(HAND, HAND + 2)
    assert not are_one_hand(HAND, HAND + np.array([40, 0]))
    mirrored = HAND * np.array([-1, 1]) + np.array([100, 0])
    mirrored[:, 1] -= 25
    assert not are_one_hand(HAND, mirrored)
