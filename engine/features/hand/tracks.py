"""Links hand detections into tracks from frame to frame. Pure arithmetic; `palm_paths.py` measures their motion.

MediaPipe's handedness flickers, so hands are linked by position. Landmarks are MediaPipe's 21 in coordinates that are
normalised by the frame's width and height (z like x); palms are measured in px of a frame `(width, height)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Landmarks = NDArray[np.float32]

__all__ = [
    "INTERPOLATED",
    "MISSING",
    "SEEN",
    "SLOTS",
    "Hand",
    "HandTrack",
    "Linker",
    "bounding_box",
    "palm_centre",
    "palm_length",
]

SLOTS = 2
MISSING, SEEN, INTERPOLATED = 0, 1, 2
_MAX_GAP_S = 0.2
_PALM = (0, 5, 9, 13, 17)
_GATE_PALMS = 3.0
_SAME_HAND_PALMS = 0.5


@dataclass(frozen=True, slots=True)
class Hand:
    """One detection: landmarks `(21, 3) float32`, normalised, and the model's confidence in [0, 1]."""

    landmarks: Landmarks
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HandTrack:
    """The hands of a clip, `n` frames by two slots. Where `state` is MISSING, everything else is zero (`track` −1)."""

    t_s: NDArray[np.float64]
    state: NDArray[np.uint8]
    """`(n, 2)`: MISSING, SEEN or INTERPOLATED."""
    landmarks: Landmarks
    """`(n, 2, 21, 3) float32`."""
    score: NDArray[np.float32]
    track: NDArray[np.int32]
    """`(n, 2)`: the number of the track; a hand keeps it for as long as it is tracked."""


def palm_centre(landmarks: Landmarks, size: tuple[int, int]) -> NDArray[np.float64]:
    """Mean of wrist and knuckles, `(…, 2)` in px, of landmarks `(…, 21, 3)`."""
    return np.asarray(landmarks[..., _PALM, :2].mean(axis=-2, dtype=np.float64) * size)


def palm_length(landmarks: Landmarks, size: tuple[int, int]) -> NDArray[np.float64]:
    """Wrist to the middle finger's knuckle, `(…,)` in px, of landmarks `(…, 21, 3)`."""
    wrist, knuckle = landmarks[..., 0, :2].astype(np.float64), landmarks[..., 9, :2].astype(np.float64)
    return np.asarray(np.linalg.norm((knuckle - wrist) * size, axis=-1))


def bounding_box(landmarks: Landmarks, size: tuple[int, int], margin: float = 0.3) -> NDArray[np.float64]:
    """`(left, top, right, bottom)` in px around landmarks `(21, 3)`, with a margin given as a fraction of its size."""
    points = landmarks[:, :2].astype(np.float64) * size
    low, high = points.min(axis=0), points.max(axis=0)
    widening = margin * (high - low).max()
    return np.concatenate([low - widening, high + widening])


class Linker:
    """Assigns each frame's detections to two slots so that a slot follows one hand."""

    def __init__(self, rate_hz: float, size: tuple[int, int]) -> None:
        self._size = size
        self._max_silence_s = _MAX_GAP_S + 1.5 / rate_hz
        self._last: list[tuple[float, Hand] | None] = [None] * SLOTS
        self._tracks = [-1] * SLOTS
        self._count = 0
        self._frames: list[tuple[float, list[tuple[Hand, int] | None]]] = []

    def add(self, t_s: float, hands: Sequence[Hand]) -> None:
        """Add one frame. Of two detections of one hand, the more confident one counts."""
        hands = self._distinct(hands)
        placed: list[tuple[Hand, int] | None] = [None] * SLOTS
        left = list(range(len(hands)))
        for slot, index in self._matches(t_s, hands):
            placed[slot] = (hands[index], self._tracks[slot])
            left.remove(index)
        for index in left:
            slot = min((s for s in range(SLOTS) if placed[s] is None), key=self._last_seen_s)
            self._tracks[slot] = self._count
            self._count += 1
            placed[slot] = (hands[index], self._tracks[slot])
        for slot, entry in enumerate(placed):
            if entry is not None:
                self._last[slot] = (t_s, entry[0])
        self._frames.append((t_s, placed))

    def finish(self) -> HandTrack:
        """The track so far, with short gaps filled by linear interpolation."""
        count = len(self._frames)
        track = HandTrack(
            t_s=np.array([t_s for t_s, _ in self._frames], np.float64),
            state=np.zeros((count, SLOTS), np.uint8),
            landmarks=np.zeros((count, SLOTS, 21, 3), np.float32),
            score=np.zeros((count, SLOTS), np.float32),
            track=np.full((count, SLOTS), -1, np.int32),
        )
        for index, (_, placed) in enumerate(self._frames):
            for slot, entry in enumerate(placed):
                if entry is not None:
                    hand, number = entry
                    track.state[index, slot], track.track[index, slot] = SEEN, number
                    track.landmarks[index, slot], track.score[index, slot] = hand.landmarks, hand.score
        for slot in range(SLOTS):
            _interpolate(track, slot)
        return track

    def _distinct(self, hands: Sequence[Hand]) -> list[Hand]:
        kept: list[Hand] = []
        for hand in sorted(hands, key=lambda hand: -hand.score):
            if all(self._distance_palms(hand, other) > _SAME_HAND_PALMS for other in kept):
                kept.append(hand)
        return kept[:SLOTS]

    def _matches(self, t_s: float, hands: list[Hand]) -> list[tuple[int, int]]:
        """Pairs `(slot, detection)` that match: as many as possible, with the smallest total distance."""
        distance: dict[tuple[int, int], float] = {}
        for slot, last in enumerate(self._last):
            if last is not None and t_s - last[0] <= self._max_silence_s:
                for index, hand in enumerate(hands):
                    palms = self._distance_palms(last[1], hand)
                    if palms <= _GATE_PALMS:
                        distance[slot, index] = palms
        pairs = list(distance)
        choices = [[a, b] for a in pairs for b in pairs if a[0] < b[0] and a[1] != b[1]]
        choices = choices or [[pair] for pair in pairs]
        return min(choices, key=lambda choice: sum(distance[pair] for pair in choice), default=[])

    def _distance_palms(self, one: Hand, other: Hand) -> float:
        gap_px = np.linalg.norm(palm_centre(one.landmarks, self._size) - palm_centre(other.landmarks, self._size))
        length_px = max(float(palm_length(hand.landmarks, self._size)) for hand in (one, other))
        return float(gap_px) / max(1e-6, length_px)

    def _last_seen_s(self, slot: int) -> float:
        last = self._last[slot]
        return -np.inf if last is None else last[0]


def _interpolate(track: HandTrack, slot: int) -> None:
    seen = np.flatnonzero(track.state[:, slot] == SEEN)
    for before, after in pairwise(seen):
        if after - before > 1 and track.track[before, slot] == track.track[after, slot]:
            between = np.arange(before + 1, after)
            share = (track.t_s[between] - track.t_s[before]) / (track.t_s[after] - track.t_s[before])
            for values in (track.landmarks, track.score):
                weight = share.reshape(-1, *[1] * (values.ndim - 2)).astype(np.float32)
                values[between, slot] = (1 - weight) * values[before, slot] + weight * values[after, slot]
            track.state[between, slot], track.track[between, slot] = INTERPOLATED, track.track[before, slot]
