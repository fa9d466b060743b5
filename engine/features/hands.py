"""Extractor `hands`: which hands are in view, and how they move when the camera's motion is taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from engine.errors import EngineError
from engine.features.base import COLOR_SHORT_SIDE_PX, GREY_SHORT_SIDE_PX, ClipResult, Column, Extractor
from engine.features.camera_motion import CameraStep, fit_camera, outside_boxes, shared_tracks
from engine.features.hand_tracks import (
    SEEN,
    Hand,
    HandTrack,
    Linker,
    Stretch,
    bounding_box,
    palm_centre,
    palm_length,
    palm_stretches,
)
from engine.features.registry import register
from engine.features.smoothness import log_dimensionless_jerk, on_windows, sparc
from engine.features.summary import mean, percentile, ratio, share
from engine.settings.base import SettingsModel
from engine.video.types import FrameRequest
from engine.weights import HAND_LANDMARKER, require_weights

if TYPE_CHECKING:
    from engine.features.base import Clip
    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = ["Hands", "HandsSettings", "summarise_hands"]

MIN_INLIERS = 40
MIN_INLIER_RATIO = 0.4
"""A step with less agreement on the background's motion tells nothing about hands; behaviour cloning masks it too."""
_EDGE = 0.01


class HandsSettings(SettingsModel):
    """Hands by MediaPipe's hand landmarker, followed through each clip."""

    rate_hz: float = Field(
        default=10.0, ge=2, le=30, title="Sampling rate (Hz)", description="Frames looked at in a second of video."
    )
    min_detection: float = Field(
        default=0.5,
        ge=0.05,
        le=0.99,
        title="Least detection confidence",
        description="Confidence from which a palm that was found counts.",
    )
    min_presence: float = Field(
        default=0.5,
        ge=0.05,
        le=0.99,
        title="Least presence confidence",
        description="Confidence under which a hand counts as lost and is looked for anew.",
    )
    min_tracking: float = Field(
        default=0.5,
        ge=0.05,
        le=0.99,
        title="Least tracking confidence",
        description="Overlap from one frame to the next under which a hand is looked for anew.",
    )
    window_s: float = Field(
        default=2.0, ge=0.8, le=30, title="Smoothness window (s)", description="Smoothness is measured on such windows."
    )


@register
class Hands(Extractor[HandsSettings]):
    """MediaPipe HandLandmarker in video mode, afresh for every clip."""

    name = "hands"
    title = "Hands"
    description = "Hands in view, and their movement relative to the scene, in palm lengths."
    settings_model = HandsSettings
    track_table = "hand_track"
    columns = (
        Column("any_share", "", "Share of frames with at least one hand."),
        Column("both_share", "", "Share of frames with two hands."),
        Column("confidence_mean", "", "The model's confidence in the hands that it found, on average."),
        Column("palm_size", "diagonals", "Median palm length (wrist to middle knuckle) as a share of the diagonal."),
        Column("centrality", "", "How central palms are: 1 in the middle of the frame, 0 in a corner."),
        Column("edge_share", "", "Share of hands that touch the edge of the frame."),
        Column("track_breaks", "1/s", "How often a hand is lost, a second."),
        Column("speed_mean", "palm lengths/s", "Mean palm speed with the camera's motion taken out."),
        Column("speed_p95", "palm lengths/s", "Palm speed that one step in twenty exceeds."),
        Column("displacement", "palm lengths", "The farthest that a palm gets from where it was first seen to last."),
        Column("straightness", "", "Net displacement over path length: 1 for a straight reach, near 0 for fumbling."),
        Column("sparc", "", "Spectral arc length of palm speed on windows: nearer to 0 is smoother."),
        Column("ldlj", "", "Log dimensionless jerk of palm speed on windows: higher is smoother."),
    )

    def requests(self) -> tuple[FrameRequest, ...]:
        """Colour frames for the model; grey ones, shared with `motion`, for the camera."""
        rate_hz = self.settings.rate_hz
        return (
            FrameRequest(rate_hz, COLOR_SHORT_SIDE_PX, "rgb"),
            FrameRequest(rate_hz, GREY_SHORT_SIDE_PX, "gray"),
        )

    def weights_identity(self) -> str:
        """The landmarker's fingerprint."""
        return HAND_LANDMARKER.sha256

    def prepare(self) -> None:
        """Read the model file, once for all clips."""
        found = require_weights(
            HAND_LANDMARKER,
            self.resources.weights_folders,
            download=self.resources.download,
            without="Everything except hands works without it.",
        )
        self._model = found.path.read_bytes()
        self.landmarker().close()

    def begin(self, clip: Clip, shared: Shared) -> _Frames:
        """A landmarker of its own: what it remembers of one clip must not reach the next."""
        return _Frames(self.settings, self.landmarker(), shared, clip)

    def landmarker(self) -> Any:
        """A fresh landmarker in video mode. Raises EngineError where MediaPipe refuses the model."""
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.HandLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=self._model),
            running_mode=vision.RunningMode.VIDEO,
            num_hands=2,
            min_hand_detection_confidence=self.settings.min_detection,
            min_hand_presence_confidence=self.settings.min_presence,
            min_tracking_confidence=self.settings.min_tracking,
        )
        try:
            return vision.HandLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"MediaPipe can't use {HAND_LANDMARKER.name}: {error}") from error


class _Frames:
    def __init__(self, settings: HandsSettings, landmarker: Any, shared: Shared, clip: Clip) -> None:
        self._settings, self._landmarker, self._shared = settings, landmarker, shared
        self._start_s = clip.window.start_s
        self._last_ms = -1
        self._linker: Linker | None = None
        self._size = (0, 0)
        self._grey: list[Sample] = []
        self._hands: list[list[Hand]] = []
        self._cameras: list[CameraStep | None] = []

    def add(self, sample: Sample) -> None:
        if sample.request.color == "gray":
            self._grey.append(sample)
        else:
            hands = self._detect(sample)
            if self._linker is None:
                self._size = sample.image.shape[1], sample.image.shape[0]
                self._linker = Linker(self._settings.rate_hz, self._size)
            self._linker.add(sample.t_s, hands)
            self._hands.append(hands)
        if len(self._grey) > 1 and len(self._hands) > 1 and len(self._grey) == len(self._hands):
            self._cameras.append(self._camera())
            self._grey, self._hands = self._grey[-1:], self._hands[-1:]

    def finish(self) -> ClipResult:
        self._landmarker.close()
        if self._linker is None:
            raise EngineError("No colour frame of the clip came through.")
        return summarise_hands(self._linker.finish(), self._cameras, self._size, self._settings)

    def __del__(self) -> None:
        self._landmarker.close()

    def _detect(self, sample: Sample) -> list[Hand]:
        import mediapipe

        self._last_ms = max(self._last_ms + 1, round((sample.t_s - self._start_s) * 1000))
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=sample.image)
        found = self._landmarker.detect_for_video(image, self._last_ms)
        return [
            Hand(np.array([(mark.x, mark.y, mark.z) for mark in marks], np.float32), float(handedness[0].score))
            for marks, handedness in zip(found.hand_landmarks, found.handedness, strict=True)
        ]

    def _camera(self) -> CameraStep | None:
        """The background's motion from the frame before to this one, hands left out; in px of the colour frame."""
        before, after = self._grey[-2:]
        tracks = shared_tracks(before, after, self._shared)
        size = _size_of(after.image)
        start, end = ([bounding_box(hand.landmarks, size) for hand in hands] for hands in self._hands[-2:])
        camera = fit_camera(tracks, outside_boxes(tracks.start, start) & outside_boxes(tracks.end, end))
        if camera.homography is None or not camera.trusted(MIN_INLIERS, MIN_INLIER_RATIO):
            return None
        return CameraStep(_rescaled(camera.homography, size, self._size), camera.inliers, camera.points)


def summarise_hands(
    track: HandTrack, cameras: list[CameraStep | None], size: tuple[int, int], settings: HandsSettings
) -> ClipResult:
    """The numbers of a clip from its hand track and the camera's steps (see `palm_stretches`)."""
    seen = track.state == SEEN
    marks = track.landmarks[seen]
    diagonal_px = float(np.hypot(*size))
    stretches = palm_stretches(track, cameras, size)
    smooth = [
        [value for stretch in stretches for value in _windows(measure, stretch, settings)]
        for measure in (sparc, log_dimensionless_jerk)
    ]
    speed = np.concatenate([stretch.speed for stretch in stretches]) if stretches else np.empty(0)
    net = [stretch.net for stretch in stretches]
    edges = ((marks[..., :2] < _EDGE) | (marks[..., :2] > 1 - _EDGE)).any(axis=(1, 2))
    away = np.linalg.norm(palm_centre(marks, size) - np.array(size) / 2, axis=-1) / (diagonal_px / 2)
    values = {
        "any_share": share(seen.any(axis=1)),
        "both_share": share(seen.all(axis=1)),
        "confidence_mean": mean(track.score[seen]),
        "palm_size": percentile(palm_length(marks, size) / diagonal_px, 50),
        "centrality": 1 - min(1.0, mean(away)) if len(away) else float("nan"),
        "edge_share": share(edges),
        "track_breaks": ratio(float(_breaks(track)), float(track.t_s[-1] - track.t_s[0])),
        "speed_mean": mean(speed),
        "speed_p95": percentile(speed, 95),
        "displacement": max(net, default=float("nan")),
        "straightness": ratio(sum(net), sum(stretch.path for stretch in stretches)),
        "sparc": mean(smooth[0]),
        "ldlj": mean(smooth[1]),
    }
    return ClipResult(values, track=_arrays(track, cameras, size), note=_note(seen, stretches, smooth))


def _windows(measure: Any, stretch: Stretch, settings: HandsSettings) -> list[float]:
    return on_windows(measure, stretch.t_s, stretch.speed, settings.rate_hz, window_s=settings.window_s)


def _breaks(track: HandTrack) -> int:
    """How many tracks end before the clip does."""
    lasting = {int(number) for number in track.track[-1] if number >= 0}
    return len({int(number) for number in track.track.ravel() if number >= 0} - lasting)


def _note(seen: np.ndarray[Any, Any], stretches: list[Stretch], smooth: list[list[float]]) -> str:
    if not seen.any():
        return "No hand was found."
    if not stretches:
        return "Hands were found, but not long enough, or the camera's motion can't be told."
    return "" if all(smooth) else "Hands were not followed long enough for their smoothness."


def _arrays(
    track: HandTrack, cameras: list[CameraStep | None], size: tuple[int, int]
) -> dict[str, np.ndarray[Any, Any]]:
    """What is kept for drawing and for behaviour cloning: `HandTrack`, and how the background moves.

    `homography` `(n, 3, 3)` leads from the frame before to each frame, in normalised coordinates; all zero for the
    first frame and where it is not known.
    """
    count = len(track.t_s)
    homography = np.zeros((count, 3, 3), np.float32)
    inliers = np.zeros(count, np.int32)
    for index, camera in enumerate(cameras, start=1):
        if camera is not None and camera.homography is not None:
            homography[index] = _rescaled(camera.homography, size, (1, 1))
            inliers[index] = camera.inliers
    return {
        "t_s": track.t_s,
        "state": track.state,
        "landmarks": track.landmarks,
        "score": track.score,
        "track": track.track,
        "homography": homography,
        "inliers": inliers,
        "frame_size": np.array(size, np.int32),
    }


def _size_of(image: Image) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _rescaled(
    homography: np.ndarray[Any, np.dtype[np.float64]], old: tuple[int, int], new: tuple[int, int]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The same mapping between frames of another size."""
    scale = np.array([new[0] / old[0], new[1] / old[1], 1.0])
    moved = homography * scale[:, None] / scale[None, :]
    return np.asarray(moved / moved[2, 2])
