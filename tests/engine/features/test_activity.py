"""Idle heads and tails, from series made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.features.activity import ActivitySettings, active_windows, trimmed
from engine.video.windows import Window

TEN_S = Window(0, 10)
PLAIN = ActivitySettings(margin_s=0.0, max_pause_s=1.0)


def motion(*busy: tuple[float, float]) -> dict[str, Any]:
    """A motion track of 10 s at 10 Hz with residual motion in the given stretches."""
    t_s = np.arange(1, 100) / 10
    residual = np.zeros(99)
    for start_s, end_s in busy:
        residual[(t_s > start_s + 1e-9) & (t_s <= end_s + 1e-9)] = 0.05
    return {"t_s": t_s, "residual": residual, "change": np.zeros(99), "frozen": np.zeros(99, bool)}


def hands(start_s: float, end_s: float) -> dict[str, Any]:
    """A hand that rests in view for a stretch."""
    t_s = np.arange(100) / 10
    here = (t_s >= start_s) & (t_s < end_s)
    landmarks = np.zeros((100, 2, 21, 3), np.float32)
    landmarks[here, 0] = 0.5
    landmarks[here, 0, 9] = (0.5, 0.6, 0)
    state = np.zeros((100, 2), np.uint8)
    state[here, 0] = 1
    return {
        "t_s": t_s,
        "state": state,
        "track": np.where(state > 0, 0, -1),
        "landmarks": landmarks,
        "frame_size": np.array([640, 360]),
        "homography": np.zeros((100, 3, 3)),
    }


def spans(windows: list[Window]) -> list[tuple[float, float]]:
    return [(round(window.start_s, 3), round(window.end_s, 3)) for window in windows]


def test_head_and_tail_go() -> None:
    assert spans(active_windows(motion((2, 7)), None, TEN_S, PLAIN)) == [(2, 7)]
    whole = trimmed(motion((2, 3), (6, 7)), None, TEN_S, PLAIN)
    assert whole is not None
    assert spans([whole]) == [(2, 7)]
    assert trimmed(motion(), None, TEN_S) is None


def test_short_pauses_stay_and_long_ones_part() -> None:
    assert spans(active_windows(motion((2, 3), (3.8, 5), (8, 9)), None, TEN_S, PLAIN)) == [(2, 5), (8, 9)]


def test_a_burst_is_passed_over_and_margins_stay_inside() -> None:
    settings = ActivitySettings(margin_s=0.5, max_pause_s=0.5)
    assert spans(active_windows(motion((0.2, 2), (5, 5.1), (2.7, 4)), None, TEN_S, settings)) == [(0, 2.5), (2.5, 4.5)]


def test_without_hands_in_view_nothing_goes_on_unless_told() -> None:
    busy = motion((1, 9))
    assert spans(active_windows(busy, hands(3, 6), TEN_S, PLAIN))[0] == pytest.approx((2.9, 5.9), abs=0.11)
    anyway = ActivitySettings(needs_hands=False, margin_s=0.0)
    assert spans(active_windows(busy, hands(3, 6), TEN_S, anyway)) == [(1, 9)]


def test_a_resting_hand_is_idle() -> None:
    assert active_windows(motion(), hands(0, 10), TEN_S, PLAIN) == []


def test_a_resting_hand_under_a_moving_head_is_idle() -> None:
    """The palm drifts across the picture exactly as the background does: nothing goes on."""
    shift, track = 0.02, hands(0, 10)
    track["landmarks"][:, 0, :, 0] += shift * np.arange(100)[:, None]
    assert active_windows(motion(), track, TEN_S, PLAIN) != [], "taken for itself, it seems to move"
    pan = np.eye(3)
    pan[0, 2] = shift
    track["homography"] = np.stack([np.zeros((3, 3)), *[pan] * 99])
    assert active_windows(motion(), track, TEN_S, PLAIN) == []
