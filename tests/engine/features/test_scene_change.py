"""Scene change: an object that was moved shows; camera, light, hands and noise do not."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.features.scene_change import UNKNOWN, moved_amount, scene_change
from tests.engine.features.scenes import HEIGHT, WIDTH, view, with_blob

CAMERAS = ({}, {"dx_px": 40.0, "dy_px": -20.0}, {"turn_deg": 8.0}, {"zoom": 1.1}, {"dx_px": -60.0, "turn_deg": -5.0})


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_moved_camera_changes_nothing(camera: dict[str, float]) -> None:
    assert scene_change(view(), view(**camera), [], []).greatest < 0.35


@pytest.mark.parametrize("camera", CAMERAS)
def test_an_object_that_went_elsewhere_shows(camera: dict[str, float]) -> None:
    there = with_blob(view(), 120, 200, 40)
    assert scene_change(there, view(**camera), [], []).greatest > 0.8


@pytest.mark.parametrize("brighter", [0.7, 1.25])
def test_brightness_and_noise_change_little(brighter: float) -> None:
    noise = np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH))
    again = np.clip(view() * brighter + noise, 0, 255).astype(np.uint8)
    assert scene_change(view(), again, [], []).greatest < 0.4


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_thing_that_was_carried_elsewhere_was_moved_and_one_that_went_out_of_view_was_not(
    camera: dict[str, float],
) -> None:
    """Bright and dark things alike; what only came, or only went, has no counterpart."""
    for shade in (20, 235):
        there, elsewhere = (
            cv2.circle(picture.copy(), at, 30, shade, -1)
            for picture, at in ((view(), (160, 200)), (view(**camera), (250, 150)))
        )
        assert scene_change(there, elsewhere, [], []).moved > 1.5
        assert scene_change(there, view(**camera), [], []).moved < 0.7
        assert scene_change(view(), elsewhere, [], []).moved < 0.7
    assert scene_change(view(), view(**camera), [], []).moved < 0.2


def test_more_is_moved_by_a_larger_thing_and_the_way_back_is_as_much() -> None:
    def moved(radius: int, *places: tuple[int, int]) -> float:
        return scene_change(*(cv2.circle(view(), at, radius, 235, -1) for at in places), [], []).moved  # type: ignore[misc]

    one, other = (120, 200), (300, 150)
    sizes = [moved(radius, one, other) for radius in (15, 30, 45)]
    assert sizes == sorted(sizes)
    assert moved(30, other, one) == pytest.approx(sizes[1], rel=0.05)
    assert moved(30, one, one) == 0


@given(
    arrays(np.float64, (18, 32), elements=st.one_of(st.just(np.nan), st.floats(-3, 3))),
    st.booleans(),
    st.booleans(),
)
def test_how_much_was_moved_is_the_same_mirrored_and_in_reverse(
    signed: np.ndarray, mirrored: bool, reverse: bool
) -> None:
    found = moved_amount(signed)
    again = (-signed if reverse else signed)[:, ::-1] if mirrored else -signed if reverse else signed
    assert moved_amount(again) == pytest.approx(found)
    assert 0 <= found <= np.log1p(3 * 18 * 32)


def test_what_left_and_came_counts_by_the_lesser_half() -> None:
    signed = np.zeros((18, 32))
    signed[3:5, 4:6], signed[10:12, 20:22] = 2.0, -1.5
    assert moved_amount(signed) == pytest.approx(np.log1p(4 * 1.5))
    assert moved_amount(np.maximum(signed, 0)) == 0


def test_hands_are_left_out() -> None:
    before, after = with_blob(view(), 120, 200, 40), with_blob(view(), 300, 120, 40)
    boxes = [[np.array([x - 45.0, y - 45.0, x + 45.0, y + 45.0])] for x, y in ((120, 200), (300, 120))]
    assert scene_change(before, after, *boxes).greatest < 0.2
    assert scene_change(before, after, [], []).greatest > 0.8


def test_pictures_that_can_not_be_compared_have_no_change() -> None:
    flat = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert math.isnan(scene_change(flat, flat, [], []).greatest)
    assert math.isnan(scene_change(view(), view(dx_px=500), [], []).greatest)
    assert scene_change(flat, flat, [], []) == UNKNOWN
    whole = [np.array([-10.0, -10.0, WIDTH + 10.0, HEIGHT + 10.0])]
    assert math.isnan(scene_change(view(), view(), whole, []).greatest)


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    before, after = with_blob(view(), 120, 200, 40), view(dx_px=30, turn_deg=4)
    first = scene_change(before, after, [], [])
    cv2.setRNGSeed(12345)
    scene_change(after, before, [], [])
    assert scene_change(before, after, [], []) == first
