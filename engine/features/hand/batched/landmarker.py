"""Follows hands through clips as MediaPipe's hand landmarker does in video mode, one frame of many clips a step.

In each frame palms are looked for only where fewer than `HANDS` hands were followed from the clip's frame before. A
palm that overlaps a followed hand is that hand. Landmarks are then found in the square of each hand, and give its
square in the next frame; a hand whose presence is too low is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.features.hand.batched.boxes import are_one_hand, frame_square, overlaps_any, square_of_landmarks
from engine.features.hand.batched.crops import crop, projected
from engine.features.hand.batched.detection import hand_squares, merge_palms, palm_candidates
from engine.features.hand.tracks import Hand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from engine.arrays import Floats
    from engine.features.hand.batched.model_file import HandNetworks
    from engine.video.types import Image

    Squares = tuple[Floats, ...]

__all__ = ["HANDS", "BatchedLandmarker", "HandsInFrame", "Thresholds"]

HANDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which confidence on a palm and a hand count, and which overlap makes a palm a hand that is followed."""

    detection: float = 0.5
    presence: float = 0.5
    tracking: float = 0.5


@dataclass(frozen=True, slots=True)
class HandsInFrame:
    """The hands in one frame of a clip, and their squares in its next frame."""

    hands: tuple[Hand, ...] = ()
    squares: Squares = ()


class BatchedLandmarker:
    """Finds hands in one frame each of many clips; frames may have different sizes."""

    def __init__(self, networks: HandNetworks, thresholds: Thresholds | None = None) -> None:
        self._networks, self._thresholds = networks, thresholds or Thresholds()

    @torch.inference_mode()
    def step(self, frames: Sequence[Image | Tensor], followed: Sequence[Squares]) -> list[HandsInFrame]:
        """The hands in each frame, where the hands of the clip's frame before are followed in `followed`.

        Frames are `(height, width, 3) uint8` in RGB, arrays or tensors; `followed` is empty for the first of a clip.
        """
        found = [HandsInFrame()] * len(frames)
        order = sorted(range(len(frames)), key=lambda n: tuple(frames[n].shape))
        for _, same in groupby(order, key=lambda n: tuple(frames[n].shape)):
            batch = list(same)
            results = self._step([frames[n] for n in batch], [followed[n] for n in batch])
            for n, result in zip(batch, results, strict=True):
                found[n] = result
        return found

    def _step(self, frames: Sequence[Image | Tensor], followed: Sequence[Squares]) -> list[HandsInFrame]:
        """`step` for frames of one size."""
        height, width = frames[0].shape[:2]
        pixels = _stacked(frames).to(self._networks.device)
        squares = self._with_new_palms(pixels, followed, (width, height))
        hands: list[list[Hand]] = [[] for _ in frames]
        places: list[list[Floats]] = [[] for _ in frames]
        for n, square, landmarks, score in self._landmarks(pixels, squares):
            normalised = projected(landmarks, square, self._networks.landmarks.side_px, (width, height))
            here = normalised[:, :2] * (width, height)
            if not any(are_one_hand(here, other) for other in places[n]):
                places[n].append(here)
                hands[n].append(Hand(normalised.astype(np.float32), score))
        return [
            HandsInFrame(tuple(hands[n]), tuple(square_of_landmarks(points) for points in places[n]))
            for n in range(len(frames))
        ]

    def _with_new_palms(self, pixels: Tensor, followed: Sequence[Squares], size: tuple[int, int]) -> list[Squares]:
        """The squares that are followed, and those of new palms where these are fewer than HANDS."""
        squares = [list(those) for those in followed]
        searched = [n for n, those in enumerate(squares) if len(those) < HANDS]
        if searched:
            network = self._networks.detector
            whole = np.tile(frame_square(size), (len(searched), 1, 1))
            pictures = crop(_only(pixels, searched), whole, network.side_px, border="black")
            boxes, logits = network(pictures.to(self._networks.dtype))
            for n, palms in zip(searched, palm_candidates(boxes, logits, self._thresholds.detection), strict=True):
                for square in hand_squares(merge_palms(*palms), size)[:HANDS]:
                    if not overlaps_any(square, squares[n], self._thresholds.tracking):
                        squares[n].append(square)
        return [tuple(those[:HANDS]) for those in squares]

    def _landmarks(self, pixels: Tensor, squares: Sequence[Squares]) -> Iterator[tuple[int, Floats, Floats, float]]:
        """Of each hand: number of the frame, square, landmarks `(21, 3)` in px of the square's picture, and score."""
        with_hands = [n for n, those in enumerate(squares) if those]
        if not with_hands:
            return
        several = max(len(squares[n]) for n in with_hands)
        places = [(row, k, n) for row, n in enumerate(with_hands) for k in range(len(squares[n]))]
        asked = np.zeros((len(with_hands), several, 4))
        for row, k, n in places:
            asked[row, k] = squares[n][k]
        network = self._networks.landmarks
        pictures = crop(_only(pixels, with_hands), asked, network.side_px, border="edge")
        outputs = network(_only(pictures, [row * several + k for row, k, _ in places]).to(self._networks.dtype))
        marks, presence, right = (output.float().cpu().double().numpy() for output in outputs[:3])
        for place, (_, k, n) in enumerate(places):
            if presence[place, 0] > self._thresholds.presence:
                score = max(right[place, 0], 1 - right[place, 0])
                yield n, squares[n][k], marks[place].reshape(21, 3), float(score)


def _stacked(frames: Sequence[Image | Tensor]) -> Tensor:
    """Frames of one kind and size as a batch; arrays may be read-only, tensors stay on their device."""
    tensors = [frame for frame in frames if isinstance(frame, torch.Tensor)]
    return torch.stack(tensors) if tensors else torch.from_numpy(np.stack([np.asarray(frame) for frame in frames]))


def _only(values: Tensor, rows: list[int]) -> Tensor:
    """Some rows of a batch, without a copy where these are all."""
    return values if len(rows) == len(values) else values[torch.tensor(rows, device=values.device)]
