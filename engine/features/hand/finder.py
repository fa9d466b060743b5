"""How the hands in a clip's frames are found, whatever finds them; and MediaPipe's own landmarker, frame by frame."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine.features.hand.tracks import Hand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from engine.video.types import Image

__all__ = ["HandFinder", "MediaPipeFinder"]


class HandFinder(Protocol):
    """Finds the hands in the frames of one clip, which come in order; results may come later."""

    def add(self, frame: Image | Tensor, at_s: float) -> None:
        """Add the next frame, `(height, width, 3) uint8` in RGB, `at_s` after the clip's start. It must not change.

        Only finders in torch take tensors.
        """

    def ready(self) -> bool:
        """Whether `hands` would return at once."""

    def hands(self) -> Sequence[Sequence[Hand]]:
        """The hands in each frame so far, computed now if need be. Raises what the computation raised."""

    def close(self) -> None:
        """Release what the finder holds: the clip has no more frames."""


class MediaPipeFinder:
    """MediaPipe's landmarker in video mode; one landmarker a clip, so that no state carries over to the next."""

    def __init__(self, landmarker: Any) -> None:
        self._landmarker = landmarker
        self._last_ms = -1
        self._found: list[list[Hand]] = []

    def add(self, frame: Image | Tensor, at_s: float) -> None:
        """Find the hands in the frame now."""
        import mediapipe

        self._last_ms = max(self._last_ms + 1, round(at_s * 1000))
        # Contiguous, because MediaPipe ignores strides.
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame))
        found = self._landmarker.detect_for_video(image, self._last_ms)
        self._found.append(
            [
                Hand(np.array([(mark.x, mark.y, mark.z) for mark in marks], np.float32), float(handedness[0].score))
                for marks, handedness in zip(found.hand_landmarks, found.handedness, strict=True)
            ]
        )

    def ready(self) -> bool:
        """Always: each frame's hands were found when it was added."""
        return True

    def hands(self) -> list[list[Hand]]:
        """The hands in each frame."""
        return self._found

    def close(self) -> None:
        """Close the landmarker."""
        self._landmarker.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # already closed or never made; the error would reach nobody
            self._landmarker.close()
