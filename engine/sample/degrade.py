"""Image degradations after rendering: defocus, exposure, lens, sensor, coarse compression, and repeated frames."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from engine.sample.types import Degradation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.types import VideoScript

__all__ = ["Lens", "compress", "defocus", "dials_at", "exposure_gain", "shown_frames"]

_RAMP_S = 0.2
_FLICKER_HZ = 6.7


def dials_at(script: VideoScript, time_s: float) -> tuple[int, Degradation]:
    """The episode at a time and its dials, which are blended within 0.2 s where one episode follows another."""
    windows = script.windows()
    k = next((i for i, (_, end_s) in enumerate(windows) if time_s < end_s - 1e-9), len(windows) - 1)
    now = script.episodes[k].degradation
    share = (time_s - windows[k][0]) / _RAMP_S
    if k == 0 or share >= 1 - 1e-9:
        return k, now
    before = script.episodes[k - 1].degradation
    mixed = {
        f.name: getattr(before, f.name) + (getattr(now, f.name) - getattr(before, f.name)) * max(share, 0.0)
        for f in fields(Degradation)
    }
    return k, Degradation(**mixed)


def shown_frames(script: VideoScript, rng: np.random.Generator) -> NDArray[Any]:
    """The frame shown at every frame, (n_frames,) int: itself, or an earlier one where frames drop or freeze."""
    shown = np.arange(script.n_frames)
    for (start_s, end_s), episode in zip(script.windows(), script.episodes, strict=True):
        first, last = round(start_s * script.fps), min(round(end_s * script.fps), script.n_frames)
        n = last - first
        draws = rng.random(max(n, 1) + 1)
        run = min(round(episode.degradation.frozen_share * n), n - 1)
        if run > 0:
            begin = first + 1 + int(draws[-1] * (n - run))
            shown[begin : begin + run] = begin - 1
        n_dropped = min(round(episode.degradation.dropped_share * n), n - 1)
        for k in np.argsort(draws[1:n], kind="stable")[:n_dropped]:
            i = first + 1 + int(k)
            shown[i] = -1
    for i in range(len(shown)):
        if shown[i] < 0:
            shown[i] = shown[i - 1]
    return shown


def exposure_gain(dials: Degradation, time_s: float) -> float:
    """The factor on linear light: exposure and flicker."""
    return float(2.0 ** (dials.exposure_ev + dials.flicker_ev * math.sin(2 * math.pi * _FLICKER_HZ * time_s)))


def defocus(image: NDArray[Any], sigma_px: float) -> NDArray[Any]:
    """The image blurred by a Gaussian of `sigma_px`."""
    if sigma_px < 0.05:
        return image
    out: NDArray[Any] = cv2.GaussianBlur(image, (0, 0), sigma_px)
    return out


def compress(image: NDArray[Any], level: float) -> NDArray[Any]:
    """The image after coarse quantisation of its 8 × 8 DCT blocks (JPEG); `level` runs from 0 to 1."""
    if level <= 0.01:
        return image
    quality = round(60 - 55 * level)
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


class Lens:
    """Exposure, vignetting and sensor noise; the same for a whole video."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        fall = np.clip(255 * (1 - 0.16 * (x * x * 0.8 + y * y * 0.55) ** 1.3), 0, 255).astype(np.uint8)
        self.vignette = cv2.merge((fall, fall, fall))
        self.margin = 48
        grain = rng.normal(0, 1.4, (height + self.margin, width + self.margin, 1)) + rng.normal(
            0, 0.5, (height + self.margin, width + self.margin, 3)
        )
        self.grain = np.clip(np.round(grain + 128), 0, 255).astype(np.uint8)
        self.shifts = rng.integers(0, self.margin, (997, 2))

    def expose(self, image: NDArray[Any], gain: float, frame: int) -> NDArray[Any]:
        """Simulate the sensor; `gain` acts on linear light, `frame` selects the noise."""
        if abs(gain - 1) > 1e-3:
            levels = np.arange(256) / 255
            table = np.clip(255 * (levels**2.2 * gain) ** (1 / 2.2) + 0.5, 0, 255).astype(np.uint8)
            image = cv2.LUT(image, table)
        image = cv2.multiply(image, self.vignette, scale=1 / 255)
        y, x = self.shifts[frame % len(self.shifts)]
        grain = self.grain[y : y + image.shape[0], x : x + image.shape[1]]
        out: NDArray[Any] = cv2.addWeighted(image, 1, grain, 1, -128)
        return out
