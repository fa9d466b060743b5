"""Extractor `hands`: which hands are in view, and how they move with camera motion removed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from engine.errors import EngineError
from engine.features.base import COLOR_SHORT_SIDE_PX, GREY_SHORT_SIDE_PX, ClipResult, Column, Extractor
from engine.features.camera_motion import CameraStep, fit_camera, outside_boxes, rescaled, shared_tracks
from engine.features.hand.summary import summarise_hands
from engine.features.hand.tracks import Hand, Linker, bounding_box
from engine.features.registry import register
from engine.features.scene_change import UNKNOWN, SceneChange, scene_change
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest
from engine.weights import HAND_LANDMARKER, require_weights

if TYPE_CHECKING:
    from engine.features.base import Clip
    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = ["Hands", "HandsSettings"]

_MIN_INLIERS = 20
_MIN_INLIER_RATIO = 0.4
"""Steps with fewer inliers, or a lower share, are not used to measure hands; behaviour cloning masks them too.

By the renderer's truth, steps of 20 to 40 inliers are off by 0.014 palm lengths at the hands (median; one in ten by
over 0.038), those of fewer by 0.042 and, one in ten, by over 0.245 (`python -m benchmarks.camera_steps --videos 24`).
"""


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
    """MediaPipe HandLandmarker in video mode, a new instance for every clip."""

    name = "hands"
    version = 4
    changes = {  # noqa: RUF012 - a class's own, never changed
        2: "Turns, submovements and the change of the scene are measured since version 2.",
        3: "Hands were missed at most picture sizes other than 640 × 360, and submovements miscounted at 15, 24 and 25 "
        "frames a second; version 3 mends both.",
        4: "How much was moved from one place to another is measured since version 4, which asks for fewer points of "
        "the background.",
    }
    title = "Hands"
    description = "Hands in view, and their movement relative to the scene, in palm lengths."
    settings_model = HandsSettings
    track_table = "hand_track"
    columns = (
        Column("any_share", "", "Share of frames with at least one hand.", title="Hands in view"),
        Column("both_share", "", "Share of frames with two hands.", title="Both hands in view"),
        Column(
            "confidence_mean",
            "",
            "The model's confidence in the hands that it found, on average.",
            title="Hand confidence",
        ),
        Column(
            "palm_size",
            "diagonals",
            "Median palm length (wrist to middle knuckle) as a share of the diagonal.",
            title="Hand size",
        ),
        Column(
            "centrality",
            "",
            "How central palms are: 1 in the middle of the frame, 0 in a corner.",
            title="Hands in the middle",
        ),
        Column("edge_share", "", "Share of hands that touch the edge of the frame.", title="Hands at the edge"),
        Column("track_breaks", "1/s", "How often a hand is lost, a second.", title="Hands lost"),
        Column(
            "speed_mean", "palm lengths/s", "Mean palm speed with the camera's motion taken out.", title="Hand speed"
        ),
        Column(
            "speed_p95", "palm lengths/s", "Palm speed that one step in twenty exceeds.", title="Fastest hand speed"
        ),
        Column(
            "displacement",
            "palm lengths",
            "The farthest that a palm gets from where it was first seen to last.",
            title="Reach",
        ),
        Column(
            "straightness",
            "",
            "Net displacement over path length: 1 for a straight reach, near 0 for fumbling.",
            title="Straight reach",
        ),
        Column(
            "submovements",
            "1/s",
            "How often a palm speeds up and slows down again, a second: many for fumbling.",
            title="Stop and go",
        ),
        Column(
            "turning",
            "deg/s",
            "By how much the palms' way turns, either way: little for a reach.",
            title="Turns of the hands",
        ),
        Column(
            "sparc",
            "",
            "Spectral arc length of palm speed on windows: nearer to 0 is smoother.",
            title="Smooth hands (SPARC)",
        ),
        Column(
            "ldlj",
            "",
            "Log dimensionless jerk of palm speed on windows: higher is smoother.",
            title="Smooth hands (jerk)",
        ),
        Column(
            "scene_change",
            "contrasts",
            "How far the most changed place differs from start to end, hands left out.",
            title="Change of the scene",
        ),
        Column(
            "moved",
            "",
            "How much left one place and is in another at the end: a logarithm, 0 for nothing.",
            title="Things moved",
        ),
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
        """Each clip gets its own landmarker, so that no state carries over from one clip to the next."""
        return _Frames(self.settings, self.landmarker(), shared, clip)

    def landmarker(self) -> Any:
        """A new landmarker in video mode. Raises EngineError where MediaPipe refuses the model."""
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
        self._first: tuple[Sample, list[Hand]] | None = None
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
        if self._first is None and self._grey and self._hands:
            self._first = self._grey[0], self._hands[0]
        if len(self._grey) > 1 and len(self._hands) > 1 and len(self._grey) == len(self._hands):
            self._cameras.append(self._camera())
            self._grey, self._hands = self._grey[-1:], self._hands[-1:]

    def finish(self) -> ClipResult:
        self._landmarker.close()
        if self._linker is None:
            raise EngineError("No colour frame of the clip came through.")
        track = self._linker.finish()
        return summarise_hands(
            track,
            self._cameras,
            self._size,
            self._scene_change(),
            rate_hz=self._settings.rate_hz,
            window_s=self._settings.window_s,
        )

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # already closed or never made; the error would reach nobody
            self._landmarker.close()

    def _detect(self, sample: Sample) -> list[Hand]:
        import mediapipe

        self._last_ms = max(self._last_ms + 1, round((sample.t_s - self._start_s) * 1000))
        # Contiguous, because MediaPipe ignores strides.
        pixels = np.ascontiguousarray(sample.image)
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
        found = self._landmarker.detect_for_video(image, self._last_ms)
        return [
            Hand(np.array([(mark.x, mark.y, mark.z) for mark in marks], np.float32), float(handedness[0].score))
            for marks, handedness in zip(found.hand_landmarks, found.handedness, strict=True)
        ]

    def _scene_change(self) -> SceneChange:
        if self._first is None or not self._grey or self._grey[-1] is self._first[0]:
            return UNKNOWN
        ends = (self._first, (self._grey[-1], self._hands[-1]))
        boxes = [[bounding_box(hand.landmarks, _size_of(grey.image)) for hand in hands] for grey, hands in ends]
        return scene_change(ends[0][0].image, ends[1][0].image, *boxes)

    def _camera(self) -> CameraStep | None:
        """The background's motion from the previous frame to this one, without hands; in px of the colour frame."""
        before, after = self._grey[-2:]
        tracks = shared_tracks(before, after, self._shared)
        size = _size_of(after.image)
        start, end = ([bounding_box(hand.landmarks, size) for hand in hands] for hands in self._hands[-2:])
        camera = fit_camera(tracks, outside_boxes(tracks.start, start) & outside_boxes(tracks.end, end))
        if camera.homography is None or not camera.trusted(_MIN_INLIERS, _MIN_INLIER_RATIO):
            return None
        return CameraStep(rescaled(camera.homography, size, self._size), camera.inliers, camera.points)


def _size_of(image: Image) -> tuple[int, int]:
    return image.shape[1], image.shape[0]
