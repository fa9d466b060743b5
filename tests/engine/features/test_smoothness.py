"""SPARC and LDLJ against the reference implementation's published values, closed forms, and what they must not mind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.smoothness import dimensionless_jerk, log_dimensionless_jerk, on_windows, sparc


def bell(rate_hz: float = 100.0) -> np.ndarray:
    """The movement of the examples in github.com/siva82kb/SPARC."""
    return np.exp(-5 * np.arange(-1, 1, 1 / rate_hz) ** 2)


def minimum_jerk(duration_s: float, rate_hz: float, amplitude: float = 1.0) -> np.ndarray:
    """Speed of a minimum-jerk reach (Flash & Hogan 1985)."""
    phase = np.arange(0, 1, 1 / (duration_s * rate_hz))
    return 30 * amplitude / duration_s * phase**2 * (1 - phase) ** 2


def test_published_values() -> None:
    assert sparc(bell(), 100) == pytest.approx(-1.41403, abs=5e-6)
    assert dimensionless_jerk(bell(), 100) == pytest.approx(-335.74684, abs=5e-6)
    assert log_dimensionless_jerk(bell(), 100) == pytest.approx(-5.81636, abs=5e-6)


@pytest.mark.parametrize(("duration_s", "amplitude"), [(0.5, 1.0), (2.0, 30.0)])
def test_a_minimum_jerk_reach_has_its_closed_form(duration_s: float, amplitude: float) -> None:
    """∫ jerk² = 720 D²/T⁵ and peak speed = 1.875 D/T, so T³/peak² times the integral is 204.8."""
    speed = minimum_jerk(duration_s, 2000 / duration_s, amplitude)
    assert dimensionless_jerk(speed, 2000 / duration_s) == pytest.approx(-204.8, rel=0.01)
    assert log_dimensionless_jerk(speed, 2000 / duration_s) == pytest.approx(-np.log(204.8), abs=0.01)


@pytest.mark.parametrize("rate_hz", [10.0, 30.0, 100.0])
def test_smooth_comes_before_jerky(rate_hz: float) -> None:
    smooth = minimum_jerk(2, rate_hz)
    t_s = np.arange(len(smooth)) / rate_hz
    stop_and_go = smooth * (1 + 0.8 * np.sin(2 * np.pi * 2.5 * t_s))
    assert sparc(smooth, rate_hz) > sparc(stop_and_go, rate_hz)
    assert log_dimensionless_jerk(smooth, rate_hz) > log_dimensionless_jerk(stop_and_go, rate_hz)


@given(scale=st.floats(1e-3, 1e3))
def test_size_does_not_matter(scale: float) -> None:
    assert sparc(scale * bell(), 100) == pytest.approx(sparc(bell(), 100))
    assert log_dimensionless_jerk(scale * bell(), 100) == pytest.approx(log_dimensionless_jerk(bell(), 100))


def test_the_spectrum_s_mirror_image_is_left_out() -> None:
    """Sampled at 10 Hz, a spectrum repeats beyond 5 Hz; a limit of 10 Hz must not count it twice."""
    assert sparc(bell(10), 10, max_hz=10) == sparc(bell(10), 10, max_hz=5)
    assert sparc(bell(10), 10) == pytest.approx(sparc(bell(100), 100), abs=0.05)


@pytest.mark.parametrize("speed", [[], [1.0], [0.0] * 20, [1.0, float("nan"), 2.0, 1.0]])
def test_what_does_not_move_has_no_smoothness(speed: list[float]) -> None:
    assert np.isnan(sparc(speed, 10))
    assert np.isnan(log_dimensionless_jerk(speed, 10))


def test_windows_bridge_a_missing_sample_and_stop_at_a_gap() -> None:
    t_s = np.arange(40) / 10
    speed = np.ones(40)
    assert on_windows(lambda v, _: float(len(v)), t_s, speed, 10) == [20, 20, 20]
    speed[20] = np.nan
    assert on_windows(lambda v, _: float(len(v)), t_s, speed, 10) == [20, 20, 20]
    speed[18:24] = np.nan
    assert on_windows(lambda v, _: float(len(v)), t_s, speed, 10) == [18, 16]
    assert on_windows(lambda v, _: float(len(v)), t_s[:4], speed[:4], 10) == []
