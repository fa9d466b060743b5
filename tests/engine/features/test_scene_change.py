"""Scene change: an object that was moved shows; camera, light, hands and noise do not."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from engine.features.scene_change import scene_change
from tests.engine.features.scenes import HEIGHT, WIDTH, view, with_blob

CAMERAS = ({}, {"dx_px": 40.0, "dy_px": -20.0}, {"turn_deg": 8.0}, {"zoom": 1.1}, {"dx_px": -60.0, "turn_deg": -5.0})


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_moved_camera_changes_nothing(camera: dict[str, float]) -> None:
    assert scene_change(view(), view(**camera), [], []) < 0.35


@pytest.mark.parametrize("camera", CAMERAS)
def test_an_object_that_went_elsewhere_shows(camera: dict[str, float]) -> None:
    there = with_blob(view(), 120, 200, 40)
    assert scene_change(there, view(**camera), [], []) > 0.8


@pytest.mark.parametrize("brighter", [0.7, 1.25])
def test_brightness_and_noise_change_little(brighter: float) -> None:
    noise = np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH))
    again = np.clip(view() * brighter + noise, 0, 255).astype(np.uint8)
    assert scene_change(view(), again, [], []) < 0.4


def test_hands_are_left_out() -> None:
    before, after = with_blob(view(), 120, 200, 40), with_blob(view(), 300, 120, 40)
    boxes = [[np.array([x - 45.0, y - 45.0, x + 45.0, y + 45.0])] for x, y in ((120, 200), (300, 120))]
    assert scene_change(before, after, *boxes) < 0.2
    assert scene_change(before, after, [], []) > 0.8


def test_pictures_that_can_not_be_compared_have_no_change() -> None:
    flat = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert math.isnan(scene_change(flat, flat, [], []))
    assert math.isnan(scene_change(view(), view(dx_px=500), [], []))
    whole = [np.array([-10.0, -10.0, WIDTH + 10.0, HEIGHT + 10.0])]
    assert math.isnan(scene_change(view(), view(), whole, []))


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    before, after = with_blob(view(), 120, 200, 40), view(dx_px=30, turn_deg=4)
    first = scene_change(before, after, [], [])
    cv2.setRNGSeed(12345)
    scene_change(after, before, [], [])
    assert scene_change(before, after, [], []) == first
