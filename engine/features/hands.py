"""Extractor `hands`: which hands are in view, and how they move with camera motion removed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from engine.errors import EngineError
from engine.features.base import COLOR_SHORT_SIDE_PX, GREY_SHORT_SIDE_PX, Column, Extractor, added_later, no_effect
from engine.features.device import choose_device
from engine.features.hand.clip_hands import ClipHands
from engine.features.hand.finder import MediaPipeFinder
from engine.features.hand.resting import Resting
from engine.features.registry import register
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest
from engine.weights import HAND_LANDMARKER, require_weights

if TYPE_CHECKING:
    from pathlib import Path

    from engine.features.base import Clip
    from engine.features.hand.batched.waiting import WaitingFrames
    from engine.features.hand.finder import HandFinder
    from engine.features.shared import Shared

__all__ = ["Hands", "HandsSettings"]


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
    rests: bool = added_later(
        False,
        title="Look half as often where no hand is",
        description="Every second frame is skipped from half a second without a hand on, until one shows. It saves up "
        "to two fifths of the looks, and misses hands that are hard to find.",
    )
    window_s: float = Field(
        default=2.0, ge=0.8, le=30, title="Smoothness window (s)", description="Smoothness is measured on such windows."
    )
    backend: Literal["auto", "mediapipe", "torch"] = no_effect(
        "auto",
        title="Computed by",
        description="mediapipe: frame by frame on the CPU, where it is faster. torch: the same networks in batches, "
        "for a GPU. auto: torch on NVIDIA's cards, else mediapipe. Their numbers differ by rounding.",
    )
    batch_size: int = no_effect(
        32,
        ge=1,
        le=1024,
        title="Batch size (torch)",
        description="Clips looked at at once. Halved when memory runs out.",
    )
    waiting_frames: int = no_effect(
        256,
        ge=1,
        le=16384,
        title="Frames kept for a batch (torch)",
        description="Frames of all clips that wait in memory, about 0.7 MB each.",
    )


@register
class Hands(Extractor[HandsSettings]):
    """MediaPipe's hand landmarker in video mode, starting anew with every clip; run by MediaPipe, or by torch."""

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
    for_several_videos = True
    settings_model = HandsSettings
    track_table = "hand_track"
    _queue: WaitingFrames | None = None
    _alone: Any = None
    _looking = threading.Lock()
    """Held while the landmarker that serves all clips looks at a frame."""
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
            FrameRequest(rate_hz, COLOR_SHORT_SIDE_PX, "rgb", self._in_torch() and self.on_device),
            FrameRequest(rate_hz, GREY_SHORT_SIDE_PX, "gray"),
        )

    def weights_identity(self) -> str:
        """The landmarker's fingerprint, whatever runs it: MediaPipe and torch agree within rounding."""
        return HAND_LANDMARKER.sha256

    def _in_torch(self) -> bool:
        if self.settings.backend == "auto":
            return self.on_device
        return self.settings.backend == "torch"

    def prepare(self) -> None:
        """Read the model file, once for all clips. Raises EngineError where it can't be used."""
        found = require_weights(
            HAND_LANDMARKER,
            self.resources.weights_folders,
            download=self.resources.download,
            without="Everything except hands works without it.",
        )
        if self._in_torch():
            self._queue = self._waiting_frames(found.path)
            return
        self._model = found.path.read_bytes()
        if self.settings.rests:
            self._alone = self.landmarker(alone=True)
        self.landmarker().close()

    def _look_back(self, image: Any) -> Any:
        """The hands in a frame on its own. One landmarker serves all clips: it keeps nothing from frame to frame."""
        with self._looking:
            return self._alone.detect(image)

    def _waiting_frames(self, model: Path) -> WaitingFrames:
        """The networks, and the queue in which the frames of all clips wait for them."""
        import torch

        from engine.features.hand.batched.landmarker import BatchedLandmarker, Thresholds
        from engine.features.hand.batched.model_file import load_networks
        from engine.features.hand.batched.waiting import WaitingFrames

        settings = self.settings
        torch.set_num_threads(self.resources.threads)
        thresholds = Thresholds(
            detection=settings.min_detection, presence=settings.min_presence, tracking=settings.min_tracking
        )
        landmarker = BatchedLandmarker(load_networks(model, choose_device(self.resources)), thresholds)
        return WaitingFrames(landmarker, most=settings.waiting_frames, batch_size=settings.batch_size)

    def begin(self, clip: Clip, shared: Shared) -> ClipHands:
        """Each clip gets a finder of its own, so that no state carries over from one clip to the next."""
        return ClipHands(self.finder(), shared, clip, rate_hz=self.settings.rate_hz, window_s=self.settings.window_s)

    def finder(self) -> HandFinder:
        """What finds the hands in one clip's frames, by the settings."""
        resting = Resting(self.settings.rate_hz, rests=self.settings.rests)
        if self._queue is not None:
            return self._queue.begin(resting)
        return MediaPipeFinder(self.landmarker(), resting, self._look_back)

    def flush(self) -> None:
        """Look at the frames that still wait for a batch."""
        if self._queue is not None:
            self._queue.run()

    def landmarker(self, *, alone: bool = False) -> Any:
        """A new landmarker in video mode, or one that looks at each frame `alone`.

        Raises EngineError where MediaPipe refuses the model.
        """
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.HandLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=self._model),
            running_mode=vision.RunningMode.IMAGE if alone else vision.RunningMode.VIDEO,
            num_hands=2,
            min_hand_detection_confidence=self.settings.min_detection,
            min_hand_presence_confidence=self.settings.min_presence,
            min_tracking_confidence=self.settings.min_tracking,
        )
        try:
            return vision.HandLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"MediaPipe can't use {HAND_LANDMARKER.name}: {error}") from error
