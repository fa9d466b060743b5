"""Extractor `motion`: camera motion, and motion relative to the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from engine.features.base import GREY_SHORT_SIDE_PX, ClipResult, Column, Extractor
from engine.features.camera_motion import centre_motion, fit_camera, residuals_px, shared_tracks
from engine.features.registry import register
from engine.features.smoothness import log_dimensionless_jerk, on_windows, sparc
from engine.features.summary import mean, percentile, share, variance
from engine.features.work_space import near_and_far, near_ratio
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.features.base import Clip
    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = ["Motion", "MotionSettings", "MotionStep", "is_frozen", "measure_step"]

_NAN = float("nan")
_TILES = (16, 9)


class MotionSettings(SettingsModel):
    """Motion of the camera, and the motion that remains when it is removed."""

    rate_hz: float = Field(
        default=10.0, ge=2, le=60, title="Sampling rate (Hz)", description="Frames compared in a second of video."
    )
    window_s: float = Field(
        default=2.0, ge=0.8, le=30, title="Smoothness window (s)", description="Smoothness is measured on such windows."
    )
    # Compression changes even a still picture from frame to frame, its worst tile by 0.1 to 2.4 grey levels on rendered
    # clips; sensor noise of 3 grey levels alone changes it by 2.4 or more.
    frozen_below: float = Field(
        default=2.0,
        ge=0,
        le=10,
        title="Frozen below",
        description="Frozen: no tile of the picture (of 16 × 9) changes by more grey levels than this on average.",
    )
    idle_speed: float = Field(
        default=0.02,
        ge=0,
        le=1,
        title="Idle below camera speed",
        description="Frame diagonals a second. Slower than this, the camera counts as still.",
    )
    idle_residual: float = Field(
        default=0.01,
        ge=0,
        le=1,
        title="Idle below other motion",
        description="Frame diagonals a second. With the camera still and less other motion than this, nothing happens.",
    )
    idle_change: float = Field(
        default=8.0,
        ge=0,
        le=100,
        title="Idle below change",
        description="Grey levels. What moves too fast to be followed shows as a tile (of 16 × 9) that changes by more.",
    )
    min_inliers: int = Field(
        default=20,
        ge=8,
        le=200,
        title="Fewest agreeing points",
        description="A step between two frames is unknown if fewer points agree on the camera's motion.",
    )
    min_inlier_ratio: float = Field(
        default=0.25,
        ge=0,
        le=1,
        title="Least share of agreeing points",
        description="A step between two frames is unknown if a smaller share of points agrees.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionStep:
    """Between two frames: speeds in frame diagonals a second, turn in degrees a second; NaN where unknown."""

    t_s: float
    speed: float = _NAN
    rotation: float = _NAN
    zoom: float = _NAN
    residual: float = _NAN
    near: float = _NAN
    """Residual of the points in the wearer's working space, the lower middle of the picture; NaN without any there."""
    far: float = _NAN
    """Residual of all other points."""
    change: float = _NAN
    """Mean grey level difference with camera motion removed, in the tile where it is greatest."""
    inlier_ratio: float = 0.0
    frozen: bool = False


def is_frozen(previous: Image, current: Image, below: float) -> bool:
    """Whether two grey pictures are the same: no tile of 16 × 9 differs by `below` grey levels on average."""
    return _greatest_change(previous, current) < below


def _greatest_change(previous: Image, current: Image, homography: NDArray[np.float64] | None = None) -> float:
    """Mean difference in grey levels of the tile, of 16 × 9, that differs most, after warping `previous`."""
    import cv2

    if homography is not None:
        # Transparent outside: where the camera sees something new, nothing is compared.
        size = (current.shape[1], current.shape[0])
        previous = cv2.warpPerspective(
            previous, homography, size, dst=current.copy(), borderMode=cv2.BORDER_TRANSPARENT
        )
    difference = cv2.absdiff(previous, current).astype(np.float32)
    return float(cv2.resize(difference, _TILES, interpolation=cv2.INTER_AREA).max())


def measure_step(previous: Sample, current: Sample, settings: MotionSettings, shared: Shared) -> MotionStep:
    """Motion between two samples: 0 for frozen pictures, NaN where no camera motion fits."""
    if is_frozen(previous.image, current.image, settings.frozen_below):
        return MotionStep(
            t_s=current.t_s,
            speed=0.0,
            rotation=0.0,
            zoom=0.0,
            residual=0.0,
            near=0.0,
            far=0.0,
            change=0.0,
            inlier_ratio=1.0,
            frozen=True,
        )
    tracks = shared_tracks(previous, current, shared)
    camera = fit_camera(tracks)
    height, width = current.image.shape[:2]
    known = camera.trusted(settings.min_inliers, settings.min_inlier_ratio)
    centre = centre_motion(camera.homography, width, height) if known and camera.homography is not None else None
    if centre is None or camera.homography is None:
        return MotionStep(t_s=current.t_s, inlier_ratio=camera.inlier_ratio)
    per_px = 1 / float(np.hypot(width, height)) / (current.t_s - previous.t_s)
    residuals = residuals_px(tracks, camera.homography) * per_px
    near, far = near_and_far(tracks.end, residuals, width, height)
    return MotionStep(
        t_s=current.t_s,
        speed=float(np.hypot(centre.dx_px, centre.dy_px)) * per_px,
        rotation=abs(centre.rotation_deg) / (current.t_s - previous.t_s),
        zoom=abs(float(np.log(centre.zoom))) / (current.t_s - previous.t_s),
        residual=mean(residuals),
        near=near,
        far=far,
        change=_greatest_change(previous.image, current.image, camera.homography),
        inlier_ratio=camera.inlier_ratio,
    )


@register
class Motion(Extractor[MotionSettings]):
    """Camera motion by sparse optical flow, frame pair by frame pair."""

    name = "motion"
    version = 3
    changes = {  # noqa: RUF012 - a class's own, never changed
        2: "The smoothness of the camera was left empty or cut in pieces where a video has far fewer frames than the "
        "sampling rate asks for; version 2 bridges a quarter of a second.",
        3: "Motion in the wearer's working space is told from motion elsewhere since version 3.",
    }
    title = "Motion"
    description = "Motion of the camera, how smooth it is, and what moves beside it."
    for_several_videos = True
    settings_model = MotionSettings
    track_table = "motion_track"
    columns = (
        Column(
            "camera_speed_mean",
            "diagonals/s",
            "Mean speed of the picture's middle, in frame diagonals a second.",
            title="Camera speed",
        ),
        Column(
            "camera_speed_var",
            "(diagonals/s)²",
            "Variance of that speed: unsteady cameras have more.",
            title="Unsteady camera",
        ),
        Column(
            "camera_speed_p95", "diagonals/s", "Speed that one step in twenty exceeds: the jerks.", title="Camera jerks"
        ),
        Column(
            "rotation_mean",
            "deg/s",
            "Mean turning of the picture about its middle (roll), either way.",
            title="Camera roll",
        ),
        Column(
            "zoom_mean",
            "1/s",
            "Mean rate at which the picture grows or shrinks: moving forward or back.",
            title="Moving forward or back",
        ),
        Column(
            "camera_sparc",
            "",
            "Spectral arc length of the camera's speed on windows: nearer to 0 is smoother.",
            title="Smooth camera (SPARC)",
        ),
        Column(
            "camera_ldlj",
            "",
            "Log dimensionless jerk of the camera's speed on windows: higher is smoother.",
            title="Smooth camera (jerk)",
        ),
        Column(
            "residual_mean",
            "diagonals/s",
            "Mean motion of followed points beyond the camera's: hands and objects.",
            title="Motion in the scene",
        ),
        Column(
            "near_ratio",
            "",
            "Motion in the wearer's working space against elsewhere, a logarithm: 0 for alike.",
            title="Motion at the hands' place",
        ),
        Column(
            "idle_share", "", "Share of steps in which neither the camera nor anything else moves.", title="Idle time"
        ),
        Column(
            "frozen_share", "", "Share of steps in which the picture does not change at all.", title="Frozen picture"
        ),
        Column(
            "inlier_ratio",
            "",
            "Share of tracked points that move with the background, on average.",
            title="Followed background",
        ),
        Column(
            "known_share", "", "Share of steps in which the camera's motion could be told.", title="Camera motion known"
        ),
    )

    def requests(self) -> tuple[FrameRequest, ...]:
        """Small grey frames."""
        return (FrameRequest(self.settings.rate_hz, GREY_SHORT_SIDE_PX, "gray"),)

    def begin(self, clip: Clip, shared: Shared) -> _Steps:
        """Begin a clip; point tracks are shared with `hands`, and steps between overlapping clips."""
        return _Steps(self.settings, shared)


class _Steps:
    def __init__(self, settings: MotionSettings, shared: Shared) -> None:
        self._settings = settings
        self._shared = shared
        self._previous: Sample | None = None
        self._steps: list[MotionStep] = []

    def add(self, sample: Sample) -> None:
        previous, self._previous = self._previous, sample
        if previous is not None:
            key = ("motion", self._settings, previous.t_s, sample.t_s)
            make = lambda: measure_step(previous, sample, self._settings, self._shared)  # noqa: E731
            self._steps.append(self._shared.once(key, make))

    def finish(self) -> ClipResult:
        return summarise(self._steps, self._settings)


def summarise(steps: list[MotionStep], settings: MotionSettings) -> ClipResult:
    """The features and the series of a clip from its steps in order."""
    if not steps:
        return ClipResult(
            values=dict.fromkeys([column.name for column in Motion.columns]), note="Motion needs at least two frames."
        )
    t_s = np.array([step.t_s for step in steps])
    speed = np.array([step.speed for step in steps])
    residual = np.array([step.residual for step in steps])
    change = np.array([step.change for step in steps])
    idle = (speed < settings.idle_speed) & (residual < settings.idle_residual) & (change < settings.idle_change)
    known = np.isfinite(speed)
    smooth = [on_windows(measure, t_s, speed, settings.rate_hz, window_s=settings.window_s) for measure in _SMOOTHNESS]
    values = {
        "camera_speed_mean": mean(speed),
        "camera_speed_var": variance(speed),
        "camera_speed_p95": percentile(speed, 95),
        "rotation_mean": mean([step.rotation for step in steps]),
        "zoom_mean": mean([step.zoom for step in steps]),
        "camera_sparc": mean(smooth[0]),
        "camera_ldlj": mean(smooth[1]),
        "residual_mean": mean(residual),
        "near_ratio": near_ratio([step.near for step in steps], [step.far for step in steps]),
        "idle_share": share(idle[known]),
        "frozen_share": share([step.frozen for step in steps]),
        "inlier_ratio": mean([step.inlier_ratio for step in steps if not step.frozen]),
        "known_share": share(known),
    }
    track = {
        "t_s": t_s,
        "camera_speed": speed,
        "rotation": np.array([step.rotation for step in steps]),
        "residual": residual,
        "change": change,
        "frozen": np.array([step.frozen for step in steps]),
    }
    return ClipResult(values=values, track=track, note=_note(known, smooth))


_SMOOTHNESS = (sparc, log_dimensionless_jerk)


def _note(known: NDArray[np.bool_], smooth: list[list[float]]) -> str:
    if not known.any():
        return "The camera's motion can't be told: too little texture, or everything moves."
    return "" if all(smooth) else "Too short, too still or with too few frames a second for its smoothness."
