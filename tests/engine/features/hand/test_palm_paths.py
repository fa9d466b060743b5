"""What a palm's path tells is the same however often, and however unevenly, it was looked at."""

from __future__ import annotations

import numpy as np
import pytest

from engine.features.hand.palm_paths import Stretch, submovements, turning_deg
from engine.features.smoothness import on_windows, sparc

RATES = [15, 24, 25, 29.97, 30, 50, 60]


def sampled(fps: float, length_s: float = 4.0) -> np.ndarray:
    """When a video of `fps` frames a second is looked at ten times a second: the first frame at or after each tenth."""
    frames_s = np.arange(round(length_s * fps) + 1) / fps
    return np.unique(frames_s[np.searchsorted(frames_s, np.arange(int(length_s * 10)) / 10 - 1e-6)])


def stretch_of(places: np.ndarray, times_s: np.ndarray) -> Stretch:
    return Stretch(times_s[1:], np.diff(times_s), np.diff(places, axis=0))


@pytest.mark.parametrize("fps", RATES)
def test_a_steady_hand_makes_no_submovement_and_does_not_turn(fps: float) -> None:
    times_s = sampled(fps)
    stretch = stretch_of(np.column_stack([1.5 * times_s, 0.5 * times_s]), times_s)
    assert submovements(stretch) == 0
    assert turning_deg(stretch) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("fps", RATES)
def test_each_reach_is_one_submovement_at_every_frame_rate(fps: float) -> None:
    """To and fro by minimum-jerk reaches (Flash & Hogan 1985) of a second each."""
    times_s = sampled(fps)
    phase, number = np.modf(times_s)
    bell = 10 * phase**3 - 15 * phase**4 + 6 * phase**5
    stretch = stretch_of(np.column_stack([4 * np.where(number % 2, 1 - bell, bell), 0 * times_s]), times_s)
    assert submovements(stretch) == 4


@pytest.mark.parametrize("fps", RATES)
def test_a_circle_turns_by_as_much_at_every_frame_rate(fps: float) -> None:
    times_s = sampled(fps)
    angle = 2 * np.pi * times_s / 2
    stretch = stretch_of(np.column_stack([np.cos(angle), np.sin(angle)]), times_s)
    assert turning_deg(stretch) == pytest.approx(180 * (times_s[-1] - times_s[0]), rel=0.05)


def test_smoothness_is_told_of_a_video_with_fewer_frames_than_were_asked_for() -> None:
    times_s = np.arange(30) / 10
    speed = 1 + np.sin(times_s)
    assert on_windows(sparc, times_s, speed, 30.0)
