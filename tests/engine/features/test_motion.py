"""Motion against cameras whose path is known, with a hand-like blob moving in front."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.motion import Motion
from tests.engine.features.scenes import DIAGONAL_PX, measure, view, with_blob


def blob_at(k: int) -> tuple[float, float]:
    """A hand's way through the frame: 40 px from frame to frame or less."""
    return 213 + 110 * np.cos(0.35 * k), 180 + 60 * np.sin(0.35 * k)


@pytest.mark.parametrize("hand", [False, True])
@pytest.mark.parametrize("step_px", [(0.0, 0.0), (1.3, 0.4), (4.0, -3.0), (14.0, 6.0)])
def test_camera_speed_is_the_true_one(step_px: tuple[float, float], hand: bool) -> None:
    """To 0.2 px a frame (of 533 px diagonal), or 2 %."""
    pictures = [view(k * step_px[0], k * step_px[1]) for k in range(21)]
    if hand:
        pictures = [with_blob(picture, *blob_at(k)) for k, picture in enumerate(pictures)]
    values = measure(Motion(), pictures).values
    truth = np.hypot(*step_px) * 10 / DIAGONAL_PX
    assert values["camera_speed_mean"] == pytest.approx(truth, rel=0.02, abs=0.2 * 10 / DIAGONAL_PX)
    assert values["rotation_mean"] == pytest.approx(0, abs=1.0)
    assert values["known_share"] == 1


@pytest.mark.parametrize("hand", [False, True])
@pytest.mark.parametrize("step_deg", [0.5, 2.0, -4.0])
def test_rotation_is_the_true_one(step_deg: float, hand: bool) -> None:
    """To half a degree a second, or 3 %."""
    pictures = [view(turn_deg=k * step_deg) for k in range(16)]
    if hand:
        pictures = [with_blob(picture, *blob_at(k)) for k, picture in enumerate(pictures)]
    values = measure(Motion(), pictures).values
    assert values["rotation_mean"] == pytest.approx(abs(step_deg) * 10, rel=0.03, abs=0.5)
    assert values["camera_speed_mean"] == pytest.approx(0, abs=0.4 * 10 / DIAGONAL_PX)


def test_zoom_is_the_true_one() -> None:
    values = measure(Motion(), [view(zoom=1.02**k) for k in range(16)]).values
    assert values["zoom_mean"] == pytest.approx(np.log(1.02) * 10, rel=0.03)


def test_residual_sees_the_hand_and_not_the_camera() -> None:
    still, moving = [view()] * 20, [view(5 * k, 2 * k) for k in range(20)]

    def residual(pictures: list[np.ndarray], *, hand: bool) -> float:
        shown = [with_blob(p, *blob_at(k / 3)) if hand else p for k, p in enumerate(pictures)]
        value = measure(Motion(), shown).values["residual_mean"]
        assert value is not None
        return value

    without = residual(moving, hand=False)
    with_hand = residual(still, hand=True), residual(moving, hand=True)
    assert without < 0.1 * 10 / DIAGONAL_PX
    assert min(with_hand) > 5 * without
    assert with_hand[0] == pytest.approx(with_hand[1], rel=0.35)


def test_frozen_and_idle_shares_are_the_true_ones() -> None:
    """Ten steps frozen, ten with sensor noise only (idle, not frozen), ten moving."""
    rng = np.random.default_rng(0)

    def noisy(picture: np.ndarray) -> np.ndarray:
        return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)

    pictures = [view()] * 11 + [noisy(view()) for _ in range(10)] + [noisy(view(6 * k + 6)) for k in range(10)]
    values = measure(Motion(), pictures).values
    assert values["frozen_share"] == pytest.approx(10 / 30)
    assert values["idle_share"] == pytest.approx(20 / 30)


def test_a_still_camera_with_busy_hands_is_not_idle() -> None:
    values = measure(Motion(), [with_blob(view(), *blob_at(k)) for k in range(20)]).values
    assert values["idle_share"] == 0
    assert values["frozen_share"] == 0


def test_a_smooth_pan_is_smoother_than_a_shaky_one() -> None:
    rng = np.random.default_rng(1)
    path = 120 * (1 - np.cos(np.linspace(0, np.pi, 41))) / 2
    shake = rng.normal(0, 4, 41)
    smooth = measure(Motion(), [view(x) for x in path]).values
    shaky = measure(Motion(), [view(x, s) for x, s in zip(path, shake, strict=True)]).values
    for name in ("camera_sparc", "camera_ldlj"):
        assert (smooth[name] or 0) > (shaky[name] or 0)
    assert (smooth["camera_speed_var"] or 0) < (shaky["camera_speed_var"] or 0)


def test_what_can_t_be_told_is_nothing_and_says_why() -> None:
    rng = np.random.default_rng(2)
    unrelated = [rng.integers(0, 255, (320, 426), np.uint8) for _ in range(6)]
    result = measure(Motion(), unrelated)
    assert result.values["known_share"] == 0
    assert np.isnan(result.values["camera_speed_mean"] or 0)
    assert "can't be told" in result.note
    assert "two frames" in measure(Motion(), [view()]).note


def test_a_blank_still_picture_is_frozen() -> None:
    values = measure(Motion(), [np.full((320, 426), 9, np.uint8)] * 5).values
    assert (values["frozen_share"], values["idle_share"], values["camera_speed_mean"]) == (1, 1, 0)
