"""Smoothness of a movement: spectral arc length (SPARC) and log dimensionless jerk (LDLJ) of its speed.

Both follow the reference implementation of Balasubramanian (github.com/siva82kb/SPARC) and

    S. Balasubramanian, A. Melendez-Calderon, E. Burdet: A robust and sensitive metric for quantifying movement
    smoothness. IEEE Trans. Biomed. Eng. 59 (2012); and: S. Balasubramanian, A. Melendez-Calderon, A. Roby-Brami,
    E. Burdet: On the analysis of movement smoothness. J. NeuroEng. Rehabil. 12:112 (2015).

Both are negative, and closer to zero is smoother. Both are dimensionless: neither size nor duration matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["dimensionless_jerk", "log_dimensionless_jerk", "on_windows", "sparc"]

_MAX_GAP_STEPS = 2.5
_MAX_GAP_S = 0.25
"""A gap is long from this on, and from 2.5 sampling steps on: a video may have fewer frames than requested."""
_MIN_SAMPLES = 6


def sparc(
    speed: ArrayLike, rate_hz: float, *, pad_level: int = 4, max_hz: float = 10.0, min_amplitude: float = 0.05
) -> float:
    """Spectral arc length of a speed profile `(n,)` sampled at `rate_hz`; NaN where nothing moves.

    The length of the normalised magnitude spectrum up to the last frequency, at most `max_hz`, with `min_amplitude`
    of the peak. Unlike the reference, `max_hz` never reaches beyond half the sampling rate, where a spectrum repeats.
    """
    profile = np.asarray(speed, np.float64)
    if len(profile) < 2 or not np.any(profile) or not np.all(np.isfinite(profile)):
        return float("nan")
    size = int(2 ** (np.ceil(np.log2(len(profile))) + pad_level))
    frequency = np.arange(size) * (rate_hz / size)
    magnitude = np.abs(np.fft.fft(profile, size))
    magnitude /= magnitude.max()
    inside = frequency <= min(max_hz, rate_hz / 2)
    frequency, magnitude = frequency[inside], magnitude[inside]
    strong = np.flatnonzero(magnitude >= min_amplitude)
    part = slice(strong[0], strong[-1] + 1)
    frequency, magnitude = frequency[part], magnitude[part]
    if len(frequency) < 2:
        return float("nan")
    steps_hz = np.diff(frequency) / (frequency[-1] - frequency[0])
    return -float(np.sum(np.hypot(steps_hz, np.diff(magnitude))))


def dimensionless_jerk(speed: ArrayLike, rate_hz: float) -> float:
    """Minus the integral of squared jerk over a speed profile `(n,)`, times duration³ / peak speed²; NaN at rest.

    A minimum-jerk reach (Flash & Hogan 1985) has −204.8 whatever its size and duration.
    """
    profile = np.asarray(speed, np.float64)
    peak = np.max(np.abs(profile), initial=0.0)
    if len(profile) < 3 or not peak > 0 or not np.all(np.isfinite(profile)):
        return float("nan")
    step_s = 1.0 / rate_hz
    jerk = np.diff(profile, 2) / step_s**2
    scale = (len(profile) * step_s) ** 3 / peak**2
    return -float(scale * np.sum(np.square(jerk)) * step_s)


def log_dimensionless_jerk(speed: ArrayLike, rate_hz: float) -> float:
    """−ln |dimensionless jerk| of a speed profile `(n,)`; NaN at rest and at constant acceleration, without jerk."""
    jerk = abs(dimensionless_jerk(speed, rate_hz))
    return -float(np.log(jerk)) if jerk > 0 else float("nan")


def on_windows(
    measure: Callable[[NDArray[np.float64], float], float],
    times_s: ArrayLike,
    speed: ArrayLike,
    rate_hz: float,
    *,
    window_s: float = 2.0,
) -> list[float]:
    """`measure(speed, rate_hz)` on half-overlapping windows of `window_s` of a series that may be uneven and have gaps.

    `times_s` and `speed` are `(n,)`; NaN is a gap. Stretches without a long gap are resampled evenly by linear
    interpolation. A stretch shorter than a window counts as one window if it has at least six samples; windows on
    which `measure` is NaN are left out.
    """
    results: list[float] = []
    length = max(_MIN_SAMPLES, round(window_s * rate_hz))
    for even in _even_stretches(np.asarray(times_s, np.float64), np.asarray(speed, np.float64), rate_hz):
        starts = range(0, max(1, len(even) - length + 1), max(1, length // 2))
        values = (measure(even[start : start + length], rate_hz) for start in starts)
        results.extend(value for value in values if np.isfinite(value))
    return results


def _even_stretches(
    times_s: NDArray[np.float64], speed: NDArray[np.float64], rate_hz: float
) -> list[NDArray[np.float64]]:
    known = np.isfinite(speed) & np.isfinite(times_s)
    times_s, speed = times_s[known], speed[known]
    if not len(times_s):
        return []
    breaks = np.flatnonzero(np.diff(times_s) > max(_MAX_GAP_S, _MAX_GAP_STEPS / rate_hz)) + 1
    stretches = []
    for part_s, values in zip(np.split(times_s, breaks), np.split(speed, breaks), strict=True):
        count = int(np.floor((part_s[-1] - part_s[0]) * rate_hz + 1e-6)) + 1
        if count >= _MIN_SAMPLES:
            stretches.append(np.interp(part_s[0] + np.arange(count) / rate_hz, part_s, values))
    return stretches
