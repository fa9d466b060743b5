"""Extractor `exposure`: brightness and contrast of the frames of a clip, and how steady they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import Field

from engine.features.base import COLOR_SHORT_SIDE_PX, ClipResult, Column, Extractor
from engine.features.registry import register
from engine.features.summary import mean
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest

if TYPE_CHECKING:
    from engine.features.base import Clip
    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = ["Exposure", "ExposureSettings", "FrameExposure", "frame_exposure"]


class ExposureSettings(SettingsModel):
    """Brightness and contrast of the frames."""

    rate_hz: float = Field(
        default=5.0, ge=0.5, le=60, title="Sampling rate (Hz)", description="Frames looked at in a second of video."
    )
    under_below: int = Field(
        default=5,
        ge=1,
        le=100,
        title="Under-exposed below",
        description="Pixels with a luma (0 to 255) under this count as crushed to black.",
    )
    over_above: int = Field(
        default=250,
        ge=150,
        le=254,
        title="Over-exposed above",
        description="Pixels with a luma (0 to 255) over this count as blown out.",
    )


class FrameExposure(NamedTuple):
    """Exposure of one frame: mean and standard deviation of luma, shares of dark and bright pixels, entropy in bits."""

    mean: float
    deviation: float
    under: float
    over: float
    entropy: float


def frame_exposure(image: Image, under_below: int = 5, over_above: int = 250) -> FrameExposure:
    """Statistics of the BT.601 luma of an RGB picture `(height, width, 3) uint8`.

    Luma is 0.299 R + 0.587 G + 0.114 B of the displayed colours, whatever matrix the file was coded with, rounded to
    whole levels; all statistics are exact functions of its histogram.
    """
    import cv2

    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    counts = np.bincount(luma.ravel(), minlength=256)
    shares = counts / luma.size
    levels = np.arange(256.0)
    middle = float(levels @ shares)
    filled = shares[shares > 0]
    return FrameExposure(
        middle,
        float(np.sqrt(np.square(levels - middle) @ shares)),
        float(counts[:under_below].sum() / luma.size),
        float(counts[over_above + 1 :].sum() / luma.size),
        max(0.0, float(-(filled @ np.log2(filled)))),
    )


@register
class Exposure(Extractor[ExposureSettings]):
    """Luma statistics, frame by frame."""

    name = "exposure"
    title = "Exposure"
    description = "Brightness, contrast and clipping of the frames, and how steady brightness is."
    settings_model = ExposureSettings
    columns = (
        Column("luma_mean", "0–255", "Mean BT.601 luma.", title="Brightness"),
        Column(
            "contrast", "0–255", "Standard deviation of luma within a frame, averaged over frames.", title="Contrast"
        ),
        Column("under_share", "", "Share of pixels crushed to black.", title="Crushed to black"),
        Column("over_share", "", "Share of pixels blown out to white.", title="Blown out to white"),
        Column(
            "entropy",
            "bits",
            "Shannon entropy of the luma histogram: 0 for a flat frame, 8 at most.",
            title="Range of tones",
        ),
        Column(
            "flicker",
            "0–255",
            "How far a frame's mean luma strays from the mean of its neighbours. A slow change is no flicker.",
            title="Flicker",
        ),
    )

    def requests(self) -> tuple[FrameRequest, ...]:
        """Small colour frames: a file's own luma may be BT.709, so luma is computed from the colours."""
        return (FrameRequest(self.settings.rate_hz, COLOR_SHORT_SIDE_PX, "rgb"),)

    def begin(self, clip: Clip, shared: Shared) -> _Frames:
        """Begin a clip; frames shared by overlapping clips are measured once."""
        return _Frames(self.settings, shared)


class _Frames:
    def __init__(self, settings: ExposureSettings, shared: Shared) -> None:
        self._limits = (settings.under_below, settings.over_above)
        self._shared = shared
        self._measured: list[FrameExposure] = []

    def add(self, sample: Sample) -> None:
        key = ("exposure", self._limits, sample.t_s)
        self._measured.append(self._shared.once(key, lambda: frame_exposure(sample.image, *self._limits)))

    def finish(self) -> ClipResult:
        means = np.array([frame.mean for frame in self._measured])
        strays = np.abs(means[1:-1] - (means[:-2] + means[2:]) / 2)
        return ClipResult(
            values={
                "luma_mean": mean(means),
                "contrast": mean([frame.deviation for frame in self._measured]),
                "under_share": mean([frame.under for frame in self._measured]),
                "over_share": mean([frame.over for frame in self._measured]),
                "entropy": mean([frame.entropy for frame in self._measured]),
                "flicker": mean(strays),
            },
            note="" if len(means) > 2 else "Flicker needs three frames.",
        )
