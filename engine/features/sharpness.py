"""Extractor `sharpness`: how much fine detail the frames of a clip hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from engine.features.base import GREY_SHORT_SIDE_PX, ClipResult, Column, Extractor
from engine.features.registry import register
from engine.features.summary import percentile, ratio, share
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest

if TYPE_CHECKING:
    from engine.features.base import Clip
    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = ["Sharpness", "SharpnessSettings", "frame_sharpness"]


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
        return (FrameRequest(self.settings.rate_hz, self.settings.short_side_px, "gray"),)

    def begin(self, clip: Clip, shared: Shared) -> _Frames:
        """Begin a clip; frames shared by overlapping clips are measured once."""
        return _Frames(self.settings, shared)


class _Frames:
    def __init__(self, settings: SharpnessSettings, shared: Shared) -> None:
        self._settings = settings
        self._shared = shared
        self._measured: list[tuple[float, float]] = []

    def add(self, sample: Sample) -> None:
        sigma = self._settings.blur_sigma_px
        key = ("sharpness", sample.request.short_side_px, sigma, sample.t_s)
        self._measured.append(self._shared.once(key, lambda: frame_sharpness(sample.image, sigma)))

    def finish(self) -> ClipResult:
        laplacian = [laplacian for laplacian, _ in self._measured]
        median = percentile(laplacian, 50)
        return ClipResult(
            values={
                "laplacian_median": median,
                "laplacian_p10": percentile(laplacian, 10),
                "tenengrad_median": percentile([tenengrad for _, tenengrad in self._measured], 50),
                "blurred_share": share([value < self._settings.blurred_below for value in laplacian]),
                "within_ratio": ratio(min(laplacian), median),
            },
            note="" if median > 0 else "The frames are blank, so that sharpness has no ratio.",
        )
