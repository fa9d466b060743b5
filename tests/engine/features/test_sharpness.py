"""Sharpness against NumPy written out, and against blur of known size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.features.sharpness import Sharpness, SharpnessSettings, frame_sharpness
from tests.engine.features.scenes import measure, view, with_blob


def by_hand(grey: np.ndarray) -> tuple[float, float]:
    """Variance of the Laplacian and Tenengrad in plain NumPy: Gaussian of nine taps, mirrored edges."""
    taps = np.exp(-(np.arange(-4, 5) ** 2) / 2.0)
    taps /= taps.sum()
    smooth = np.pad(grey.astype(np.float64), 4, mode="reflect")
    smooth = sum(w * smooth[i : i + grey.shape[0]] for i, w in enumerate(taps))
    smooth = sum(w * smooth[:, i : i + grey.shape[1]] for i, w in enumerate(taps))
    p = np.pad(smooth, 1, mode="reflect")
    up, down, left, right = p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:]
    laplacian = up + down + left + right - 4 * smooth
    gx = (p[:-2, 2:] - p[:-2, :-2]) + 2 * (right - left) + (p[2:, 2:] - p[2:, :-2])
    gy = (p[2:, :-2] - p[:-2, :-2]) + 2 * (down - up) + (p[2:, 2:] - p[:-2, 2:])
    return float(laplacian.var()), float((gx**2 + gy**2).mean())


def test_it_is_what_numpy_says() -> None:
    for picture in (view(), with_blob(view(10, 3, 20), 100, 100)):
        assert frame_sharpness(picture) == pytest.approx(by_hand(picture), rel=1e-4)


def test_it_falls_with_every_step_of_blur() -> None:
    """Of focus and of motion."""
    sharp = view()
    focus = [cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in (0.5, 1, 2, 3, 5, 8)]
    smear = [cv2.blur(sharp, (length, 1)) for length in (3, 7, 13, 25)]
    for ladder in (focus, smear):
        for which in (0, 1):
            values = [frame_sharpness(picture)[which] for picture in [sharp, *ladder]]
            assert values == sorted(values, reverse=True)
            assert values[-1] < values[0] / 3


def test_a_clip_of_which_a_quarter_is_blurred() -> None:
    sharp, blurred = view(), cv2.GaussianBlur(view(), (0, 0), 8)
    values = measure(Sharpness(), [sharp, sharp, blurred, sharp] * 3).values
    assert values["laplacian_median"] == frame_sharpness(sharp)[0]
    assert values["blurred_share"] == 0.25
    assert values["within_ratio"] == pytest.approx(frame_sharpness(blurred)[0] / frame_sharpness(sharp)[0])
    assert values["laplacian_p10"] == pytest.approx(frame_sharpness(blurred)[0], rel=1e-6)


def test_a_blank_clip_has_no_ratio_and_says_why() -> None:
    result = measure(Sharpness(SharpnessSettings()), [np.full((320, 426), 90, np.uint8)] * 3)
    assert result.values["laplacian_median"] == 0
    assert np.isnan(result.values["within_ratio"] or 0)
    assert "blank" in result.note
