"""How the hands in a clip's frames are found, whatever finds them; and MediaPipe's own landmarker, frame by frame."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine.features.hand.tracks import Hand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from engine.features.hand.resting import Resting
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

    def hands(self) -> Sequence[Sequence[Hand] | None]:
        """The hands in each frame, computed now if need be; None for one that was skipped. Raises what the computation
        raised. Complete once the finder was closed."""

    def close(self) -> None:
        """Release what the finder holds: the clip has no more frames."""


class MediaPipeFinder:
    """MediaPipe's landmarker in video mode; one landmarker a clip, so that no state carries over to the next.

    Frames that `resting` allows are skipped; `look_back` finds the hands in one of them on its own. Without the two,
    all frames are looked at.
    """

    def __init__(
        self, landmarker: Any, resting: Resting | None = None, look_back: Callable[[Any], Any] | None = None
    ) -> None:
        self._landmarker = landmarker
        self._resting, self._look_back = resting, look_back
        self._last_ms = -1
        self._skipped: tuple[Image | Tensor, float] | None = None
        self._found: list[list[Hand] | None] = []

    def add(self, frame: Image | Tensor, at_s: float) -> None:
        """Find the hands in the frame now, and in the one before it if that was skipped and hands are here."""
        if self._resting is not None and self._resting.may_skip():
            self._resting.skip()
            self._skipped = (frame, at_s)
            self._found.append(None)
            return
        hands = self._look(frame, at_s)
        if hands and self._skipped is not None and self._look_back is not None:
            self._found[-1] = _hands_of(self._look_back(_mediapipe_image(self._skipped[0])))
        self._skipped = None
        self._found.append(hands)

    def _look(self, frame: Image | Tensor, at_s: float) -> list[Hand]:
        self._last_ms = max(self._last_ms + 1, round(at_s * 1000))
        hands = _hands_of(self._landmarker.detect_for_video(_mediapipe_image(frame), self._last_ms))
        if self._resting is not None:
            self._resting.look(found=bool(hands))
        return hands

    def ready(self) -> bool:
        """Always: each frame's hands were found when it was added."""
        return True

    def hands(self) -> list[list[Hand] | None]:
        """The hands in each frame; None for one that was skipped."""
        return self._found

    def close(self) -> None:
        """Look at the last frame, if it was skipped, and close the landmarker."""
        if self._skipped is not None:
            self._found[-1], self._skipped = self._look(*self._skipped), None
        self._landmarker.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # already closed or never made; the error would reach nobody
            self._landmarker.close()


def _mediapipe_image(frame: Image | Tensor) -> Any:
    import mediapipe

    # Contiguous, because MediaPipe ignores strides.
    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame))


def _hands_of(found: Any) -> list[Hand]:
    """The hands of what a landmarker of MediaPipe returns."""
    return [
        Hand(np.array([(mark.x, mark.y, mark.z) for mark in marks], np.float32), float(handedness[0].score))
        for marks, handedness in zip(found.hand_landmarks, found.handedness, strict=True)
    ]
