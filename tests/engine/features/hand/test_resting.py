"""Frames without a hand are looked at half as often, by both backends alike, and neither misses a hand that shows."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.features.hand import finder
from engine.features.hand.batched.landmarker import BatchedLandmarker, HandsInFrame
from engine.features.hand.batched.waiting import WaitingFrames
from engine.features.hand.finder import MediaPipeFinder
from engine.features.hand.resting import Resting
from engine.features.hand.tracks import Hand

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE_HZ = 10.0
Found = list[int | None]
"""How many hands each frame has; None: it was skipped."""


def frame(number: int) -> np.ndarray:
    return np.array([[[number % 256, number // 256, 0]]], np.uint8)


def number_of(picture: np.ndarray) -> int:
    return int(picture[0, 0, 0]) + 256 * int(picture[0, 0, 1])


class Script:
    """Both kinds of landmarker over one script: the number of hands in each frame. Records the frames looked at."""

    def __init__(self, hands: Sequence[int]) -> None:
        self.hands = hands
        self.followed: list[int] = []
        self.alone: list[int] = []

    def detect_for_video(self, picture: np.ndarray, _at_ms: int) -> SimpleNamespace:
        self.followed.append(number_of(picture))
        return self._found(number_of(picture))

    def detect(self, picture: np.ndarray) -> SimpleNamespace:
        self.alone.append(number_of(picture))
        return self._found(number_of(picture))

    def close(self) -> None:
        pass

    def _found(self, number: int) -> SimpleNamespace:
        marks = [[SimpleNamespace(x=0.5, y=0.5, z=0.0)] * 21] * self.hands[number]
        return SimpleNamespace(hand_landmarks=marks, handedness=[[SimpleNamespace(score=0.9)]] * self.hands[number])

    def step(self, frames: Sequence[Any], followed: Sequence[Any]) -> list[HandsInFrame]:
        assert all(
            square[0] < number_of(one) for one, squares in zip(frames, followed, strict=True) for square in squares
        )
        self.followed += [number_of(one) for one in frames]
        return [self._in_frame(number_of(one)) for one in frames]

    def _in_frame(self, number: int) -> HandsInFrame:
        count = self.hands[number]
        hand = Hand(np.zeros((21, 3), np.float32), 0.9)
        return HandsInFrame((hand,) * count, (np.array([number]),) * count)


def by_mediapipe(hands: Sequence[int], *, rests: bool = True) -> tuple[Found, Script]:
    script = Script(hands)
    found = MediaPipeFinder(script, Resting(RATE_HZ, rests=rests), script.detect)
    for number in range(len(hands)):
        found.add(frame(number), number / RATE_HZ)
    found.close()
    return [None if those is None else len(those) for those in found.hands()], script


def by_torch(hands: Sequence[int], *, most: int = 1000, rests: bool = True) -> tuple[Found, Script]:
    script = Script(hands)
    queue = WaitingFrames(cast("BatchedLandmarker", script), most=most, batch_size=4)
    clip = queue.begin(Resting(RATE_HZ, rests=rests))
    for number in range(len(hands)):
        clip.add(frame(number), number / RATE_HZ)
    clip.close()
    found = [None if those is None else len(those) for those in clip.hands()]
    assert clip.ready()
    return found, script


@pytest.fixture(autouse=True)
def pictures_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "_mediapipe_image", lambda picture: picture)


SCRIPTS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 20)), min_size=1, max_size=8).map(
    lambda runs: [hands for hands, length in runs for _ in range(length)]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hands=SCRIPTS, most=st.integers(1, 40))
def test_both_backends_skip_the_same_frames_and_only_between_two_without_a_hand(hands: list[int], most: int) -> None:
    found, script = by_mediapipe(hands)
    assert by_torch(hands, most=most)[0] == found
    assert len(found) == len(hands)
    assert None not in (found[0], found[-1])
    for k, count in enumerate(found):
        assert count in (None, hands[k])
        if count is None:
            assert (found[k - 1], found[k + 1]) == (0, 0)
            assert k >= 5
            assert not any(hands[k - 5 : k][::2]), "none was seen for half a second"
    missed = [k for k, count in enumerate(found) if count is None and hands[k]]
    assert all(hands[k - 1] == hands[k + 1] == 0 for k in missed), "at most a hand that is there for one frame"
    assert all(hands[k] == found[k] for k, _ in enumerate(hands) if hands[k] and k not in missed)
    assert set(script.alone) <= {k for k, (_, after) in enumerate(pairwise(hands)) if after}


def test_after_half_a_second_without_a_hand_every_second_frame_is_skipped_until_one_shows() -> None:
    hands = [0] * 12 + [1] * 3 + [0] * 8
    found, script = by_mediapipe(hands)
    assert found == [0, 0, 0, 0, 0, None, 0, None, 0, None, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, None, 0, 0]
    assert script.alone == [11], "the frame before the hand"
    assert script.followed[-3:] == [19, 21, 22], "the last frame is looked at, skipped or not"


def test_footage_without_hands_takes_little_more_than_half_the_looks() -> None:
    found, script = by_torch([0] * 200)
    assert len(script.followed) == found.count(0) == 103


def test_every_frame_is_looked_at_where_it_was_asked_for() -> None:
    hands = [0] * 30 + [1] + [0] * 9
    for found, script in (by_mediapipe(hands, rests=False), by_torch(hands, rests=False)):
        assert found == hands
        assert script.followed == list(range(40))
        assert script.alone == []


def test_clips_of_one_queue_rest_each_by_itself() -> None:
    scripts = {0: [0] * 15, 100: [1] * 15, 200: [0] * 9 + [1] * 6}
    script = Script([0] * 300)
    script.hands = [scripts.get(k - k % 100, [0])[min(k % 100, 14)] for k in range(300)]
    queue = WaitingFrames(cast("BatchedLandmarker", script), most=7, batch_size=2)
    clips = {first: queue.begin(Resting(RATE_HZ, rests=True)) for first in scripts}
    for k in range(15):
        for first, clip in clips.items():
            clip.add(frame(first + k), k / RATE_HZ)
    for clip in clips.values():
        clip.close()
    for first, clip in clips.items():
        found = [None if those is None else len(those) for those in clip.hands()]
        assert found == by_mediapipe(scripts[first])[0]


def test_a_frame_that_fails_ends_the_clip_with_what_was_skipped() -> None:
    class Broken(Script):
        def step(self, frames: Sequence[Any], followed: Sequence[Any]) -> list[HandsInFrame]:
            if 8 in map(number_of, frames):
                raise ValueError("a broken frame")
            return super().step(frames, followed)

    queue = WaitingFrames(cast("BatchedLandmarker", Broken([0] * 12)), most=1, batch_size=2)
    clip = queue.begin(Resting(RATE_HZ, rests=True))
    for number in range(12):
        clip.add(frame(number), number / RATE_HZ)
    clip.close()
    assert clip.ready()
    with pytest.raises(ValueError, match="a broken frame"):
        clip.hands()
