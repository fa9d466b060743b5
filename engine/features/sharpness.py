"""Extractor `sharpness`: how much fine detail the frames of a clip hold."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from engine.features.base import GREY_SHORT_SIDE_PX, ClipResult, Column, Extractor
from engine.features.frame_batches import DeviceFrames, frame_batcher
from engine.features.registry import register
from engine.features.summary import percentile, ratio, share
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from engine.features.base import Accumulator, Clip
    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = ["Sharpness", "SharpnessSettings", "frame_sharpness", "frames_sharpness"]


class SharpnessSettings(SettingsModel):
    """Fine detail in the frames, which blur by motion, focus or compression reduces."""

    rate_hz: float = Field(
        default=5.0, ge=0.5, le=60, title="Sampling rate (Hz)", description="Frames looked at in a second of video."
    )
    short_side_px: int = Field(
        default=GREY_SHORT_SIDE_PX,
        ge=64,
        le=1080,
        title="Frame size (px)",
        description="Shorter side that frames are scaled down to first. Numbers of two sizes can't be compared.",
    )
    blur_sigma_px: float = Field(
        default=1.0,
        ge=0.3,
        le=5,
        title="Noise filter (px)",
        description="Standard deviation of the light Gaussian blur that keeps noise from passing for detail.",
    )
    blurred_below: float = Field(
        default=8.0,
        ge=0,
        le=10_000,
        title="Blurred below",
        description="A frame with less variance of the Laplacian than this counts as blurred.",
    )


def frame_sharpness(grey: Image, blur_sigma_px: float = 1.0) -> tuple[float, float]:
    """`(variance of the Laplacian, Tenengrad)` of a grey picture `(height, width) uint8` after a light blur.

    The Laplacian is OpenCV's 3 × 3 one (Pech-Pacheco et al. 2000); Tenengrad is the mean of Gx² + Gy² by 3 × 3 Sobel
    (Krotkov 1987).
    """
    import cv2

    smooth = cv2.GaussianBlur(grey.astype("float32"), (0, 0), blur_sigma_px)
    _, deviation = cv2.meanStdDev(cv2.Laplacian(smooth, cv2.CV_32F, ksize=1))
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    energy = (cv2.norm(across, cv2.NORM_L2SQR) + cv2.norm(down, cv2.NORM_L2SQR)) / grey.size
    # Rounded, because the blur of a blank picture is not exactly blank.
    return round(float(deviation[0, 0]) ** 2, 6), round(float(energy), 6)


def frames_sharpness(grey: Tensor, blur_sigma_px: float = 1.0) -> Tensor:
    """`frame_sharpness` of grey pictures `(n, height, width) uint8` on their device: `(n, 2) float32`, not rounded.

    OpenCV's kernels and its mirrored borders; numbers agree to 0.01 %.
    """
    import cv2
    import torch
    from torch.nn.functional import conv2d, pad

    def filtered(pictures: Tensor, *kernels: list[list[float]]) -> Tensor:
        weights = torch.tensor(kernels, device=grey.device)[:, None]
        down, across = weights.shape[2] // 2, weights.shape[3] // 2
        return conv2d(pad(pictures, (across, across, down, down), mode="reflect"), weights)

    # OpenCV's choice of the kernel's size where a picture is not of bytes.
    side = round(blur_sigma_px * 8 + 1) | 1
    bell = cv2.getGaussianKernel(side, blur_sigma_px, cv2.CV_32F)
    smooth = filtered(filtered(grey[:, None].float(), bell.T.tolist()), bell.tolist())
    edges = filtered(
        smooth,
        [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]],
        [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]],
        [[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]],
    )
    energy = edges[:, 1:].square().sum(dim=1).mean(dim=(1, 2))
    return torch.stack([edges[:, 0].var(dim=(1, 2), correction=0), energy], dim=1)


@register
class Sharpness(Extractor[SharpnessSettings]):
    """Variance of the Laplacian and Tenengrad, frame by frame."""

    name = "sharpness"
    version = 2
    changes = {  # noqa: RUF012 - a class's own, never changed
        2: "Where a video's pictures change their size, two sizes were mixed; version 2 scales them to one.",
    }
    title = "Sharpness"
    description = "Fine detail in the frames, after scaling to one size and a light blur against noise."
    for_several_videos = True
    settings_model = SharpnessSettings
    columns = (
        Column(
            "laplacian_median",
            "grey levels²",
            "Variance of the Laplacian in the middle frame by sharpness. Higher is sharper; plain scenes are low too.",
            title="Sharpness",
        ),
        Column(
            "laplacian_p10",
            "grey levels²",
            "Variance of the Laplacian that nine frames of ten exceed: how blurred the clip gets.",
            title="Sharpness at its worst",
        ),
        Column(
            "tenengrad_median",
            "grey levels²",
            "Mean squared gradient (Tenengrad) in the middle frame.",
            title="Edge strength",
        ),
        Column(
            "blurred_share",
            "",
            "Share of frames whose variance of the Laplacian is under the setting's limit.",
            title="Blurred frames",
        ),
        Column(
            "within_ratio",
            "",
            "Least over median variance of the Laplacian: near 1 where sharpness holds, near 0 where some frames blur.",
            title="Steady sharpness",
        ),
    )

    def requests(self) -> tuple[FrameRequest, ...]:
        """Small grey frames."""
        return (FrameRequest(self.settings.rate_hz, self.settings.short_side_px, "gray", self.on_device),)

    def prepare(self) -> None:
        """Make the queue in which frames on a device wait for their batch."""
        self._batcher = frame_batcher(partial(frames_sharpness, blur_sigma_px=self.settings.blur_sigma_px))

    def begin(self, clip: Clip, shared: Shared) -> Accumulator:
        """Begin a clip; frames shared by overlapping clips are measured once."""
        if self.on_device:
            return DeviceFrames(self._batcher, shared, self.name, lambda rows: self._summarise(rows.tolist()))
        return _Frames(self.settings, shared, self._summarise)

    def flush(self) -> None:
        """Measure the frames that still wait for a batch."""
        self._batcher.run()

    def _summarise(self, frames: Sequence[Sequence[float]]) -> ClipResult:
        """A clip's numbers from the variance of the Laplacian and the Tenengrad of each frame."""
        # Rounded as `frame_sharpness` rounds, so that a blank frame is blank on every device.
        laplacian = [round(frame[0], 6) for frame in frames]
        median = percentile(laplacian, 50)
        return ClipResult(
            values={
                "laplacian_median": median,
                "laplacian_p10": percentile(laplacian, 10),
                "tenengrad_median": percentile([round(frame[1], 6) for frame in frames], 50),
                "blurred_share": share([value < self.settings.blurred_below for value in laplacian]),
                "within_ratio": ratio(min(laplacian), median),
            },
            note="" if median > 0 else "The frames are blank, so that sharpness has no ratio.",
        )


class _Frames:
    def __init__(
        self,
        settings: SharpnessSettings,
        shared: Shared,
        summarise: Callable[[Sequence[Sequence[float]]], ClipResult],
    ) -> None:
        self._settings, self._shared, self._summarise = settings, shared, summarise
        self._measured: list[tuple[float, float]] = []

    def add(self, sample: Sample) -> None:
        sigma = self._settings.blur_sigma_px
        key = ("sharpness", sample.request.short_side_px, sigma, sample.t_s)
        self._measured.append(self._shared.once(key, lambda: frame_sharpness(sample.image, sigma)))

    def finish(self) -> ClipResult:
        return self._summarise(self._measured)
