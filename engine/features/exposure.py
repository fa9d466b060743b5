"""Extractor `exposure`: brightness and contrast of the frames of a clip, and how steady they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import Field

from engine.features.base import COLOR_SHORT_SIDE_PX, ClipResult, Column, Extractor
from engine.features.frame_batches import DeviceFrames, frame_batcher
from engine.features.registry import register
from engine.features.summary import mean
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from engine.features.base import Accumulator, Clip
    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = ["Exposure", "ExposureSettings", "FrameExposure", "frame_exposure", "luma_counts"]

LUMA_SHARES = (9798, 19235, 3735)
"""Red, green and blue in luma, of 2 to the power of 15: as OpenCV computes it, in whole numbers."""


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
    return exposure_of(np.bincount(luma.ravel(), minlength=256), under_below, over_above)


def exposure_of(counts: NDArray[Any], under_below: int, over_above: int) -> FrameExposure:
    """`frame_exposure` of a picture with so many pixels of each luma, `(256,)`."""
    pixels = int(counts.sum())
    shares = counts / pixels
    levels = np.arange(256.0)
    middle = float(levels @ shares)
    filled = shares[shares > 0]
    return FrameExposure(
        middle,
        float(np.sqrt(np.square(levels - middle) @ shares)),
        float(counts[:under_below].sum() / pixels),
        float(counts[over_above + 1 :].sum() / pixels),
        max(0.0, float(-(filled @ np.log2(filled)))),
    )


def luma_counts(pictures: Tensor) -> Tensor:
    """How many pixels have each luma, `(n, 256) int64`, in RGB pictures `(n, height, width, 3) uint8` on a device."""
    import torch

    shares = torch.tensor(LUMA_SHARES, dtype=torch.int32, device=pictures.device)
    luma = ((pictures.int() * shares).sum(dim=-1) + (1 << 14)) >> 15
    counts = torch.zeros(len(pictures), 256, dtype=torch.int64, device=pictures.device)
    levels = luma.flatten(start_dim=1).long()
    return counts.scatter_add_(1, levels, torch.ones_like(levels))


@register
class Exposure(Extractor[ExposureSettings]):
    """Luma statistics, frame by frame."""

    name = "exposure"
    title = "Exposure"
    description = "Brightness, contrast and clipping of the frames, and how steady brightness is."
    for_several_videos = True
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
        return (FrameRequest(self.settings.rate_hz, COLOR_SHORT_SIDE_PX, "rgb", self.on_device),)

    def prepare(self) -> None:
        """Make the queue in which frames on a device wait for their batch."""
        self._batcher = frame_batcher(luma_counts)

    def begin(self, clip: Clip, shared: Shared) -> Accumulator:
        """Begin a clip; frames shared by overlapping clips are measured once."""
        if self.on_device:
            return DeviceFrames(self._batcher, shared, self.name, self._from_counts)
        return _Frames(self.settings, shared)

    def flush(self) -> None:
        """Measure the frames that still wait for a batch."""
        self._batcher.run()

    def _from_counts(self, counts: NDArray[Any]) -> ClipResult:
        limits = (self.settings.under_below, self.settings.over_above)
        return summarise([exposure_of(frame, *limits) for frame in counts])


class _Frames:
    def __init__(self, settings: ExposureSettings, shared: Shared) -> None:
        self._limits = (settings.under_below, settings.over_above)
        self._shared = shared
        self._measured: list[FrameExposure] = []

    def add(self, sample: Sample) -> None:
        key = ("exposure", self._limits, sample.t_s)
        self._measured.append(self._shared.once(key, lambda: frame_exposure(sample.image, *self._limits)))

    def finish(self) -> ClipResult:
        return summarise(self._measured)


def summarise(frames: Sequence[FrameExposure]) -> ClipResult:
    """A clip's numbers from those of its frames in order."""
    means = np.array([frame.mean for frame in frames])
    strays = np.abs(means[1:-1] - (means[:-2] + means[2:]) / 2)
    return ClipResult(
        values={
            "luma_mean": mean(means),
            "contrast": mean([frame.deviation for frame in frames]),
            "under_share": mean([frame.under for frame in frames]),
            "over_share": mean([frame.over for frame in frames]),
            "entropy": mean([frame.entropy for frame in frames]),
            "flicker": mean(strays),
        },
        note="" if len(means) > 2 else "Flicker needs three frames.",
    )
