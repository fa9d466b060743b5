"""Exposure against arithmetic that can be done on paper."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.exposure import Exposure, frame_exposure
from tests.engine.features.scenes import measure, rgb, texture, view


def filled(*parts: tuple[int, int]) -> np.ndarray:
    """A grey RGB picture of 100 × 10 px: `(level, columns)` side by side."""
    return rgb(np.repeat(np.concatenate([np.full(n, level, np.uint8) for level, n in parts])[None], 10, axis=0))


def test_shares_mean_and_deviation_are_exact() -> None:
    frame = frame_exposure(filled((2, 10), (253, 20), (100, 70)))
    mean = 0.1 * 2 + 0.2 * 253 + 0.7 * 100
    assert frame.mean == pytest.approx(mean, abs=1e-12)
    deviation = np.sqrt(0.1 * (2 - mean) ** 2 + 0.2 * (253 - mean) ** 2 + 0.7 * (100 - mean) ** 2)
    assert frame.deviation == pytest.approx(deviation, abs=1e-12)
    assert (frame.under, frame.over) == (0.1, 0.2)
    assert frame.entropy == pytest.approx(-sum(p * np.log2(p) for p in (0.1, 0.2, 0.7)), abs=1e-12)


def test_the_limits_themselves_are_well_exposed() -> None:
    frame = frame_exposure(filled((5, 25), (250, 25), (4, 25), (251, 25)))
    assert (frame.under, frame.over) == (0.25, 0.25)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 30, 90), (17, 250, 4)])
def test_luma_is_bt_601(colour: tuple[int, int, int]) -> None:
    picture = np.full((20, 30, 3), colour, np.uint8)
    red, green, blue = colour
    assert frame_exposure(picture).mean == round(0.299 * red + 0.587 * green + 0.114 * blue)


def test_it_is_what_numpy_says_of_a_colourful_picture() -> None:
    picture = np.stack([texture(seed, 200) for seed in (1, 2, 3)], axis=2)
    luma = np.rint(picture @ np.array([0.299, 0.587, 0.114]))
    frame = frame_exposure(picture)
    assert frame.mean == pytest.approx(luma.mean(), abs=0.002)
    assert frame.deviation == pytest.approx(luma.std(), abs=0.002)


def test_flicker_sees_alternation_and_no_slow_change() -> None:
    steady = measure(Exposure(), [filled((100, 100))] * 6).values
    rising = measure(Exposure(), [filled((100 + 5 * k, 100)) for k in range(6)]).values
    flickering = measure(Exposure(), [filled((100 + 10 * (k % 2), 100)) for k in range(6)]).values
    assert (steady["flicker"], rising["flicker"], flickering["flicker"]) == (0, 0, 10)
    assert steady["entropy"] == steady["contrast"] == 0


def test_two_frames_have_no_flicker_and_say_why() -> None:
    result = measure(Exposure(), [rgb(view())] * 2)
    assert np.isnan(result.values["flicker"] or 0)
    assert "three frames" in result.note
