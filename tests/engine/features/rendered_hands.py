"""Pictures with hands that the real hand model finds, in any size."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import cv2
import mediapipe
import numpy as np

from engine.sample.render import render_frames
from engine.sample.script import episode, sample_scripts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.features.hands import Hands

__all__ = ["hands_found_directly", "hands_in_size", "rendered_hands"]


@cache
def rendered_hands(count: int = 6) -> tuple[NDArray[np.uint8], ...]:
    """The first frames, a tenth of a second apart, of a video of two hands at a table; RGB."""
    script = replace(sample_scripts(1, seed=0, fps=10)[0], episodes=(episode("purposeful", 2.4),))
    return tuple(frame.image for frame in islice(render_frames(script), count))


def hands_in_size(width: int, height: int, count: int = 6) -> list[NDArray[np.uint8]]:
    """The same frames as large as fits into the size, the rest filled with the picture's edge."""
    pictures = []
    for picture in rendered_hands(count):
        scale = min(width / picture.shape[1], height / picture.shape[0])
        inner = min(width, round(picture.shape[1] * scale)), min(height, round(picture.shape[0] * scale))
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        right, bottom = width - inner[0] - left, height - inner[1] - top
        small = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
        pictures.append(cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE))
    return pictures


def hands_found_directly(
    hands: Hands, images: Sequence[NDArray[np.uint8]], times_ms: Sequence[int]
) -> list[list[NDArray[Any]]]:
    """What MediaPipe itself finds in contiguous copies of RGB pictures, `(21, 3)` landmarks a hand, frame by frame."""
    found = []
    with hands.landmarker() as landmarker:
        for image, at_ms in zip(images, times_ms, strict=True):
            data = np.array(image, np.uint8, order="C", copy=True)
            result = landmarker.detect_for_video(mediapipe.Image(mediapipe.ImageFormat.SRGB, data), at_ms)
            found.append(
                [np.array([(mark.x, mark.y, mark.z) for mark in marks], np.float32) for marks in result.hand_landmarks]
            )
    return found
