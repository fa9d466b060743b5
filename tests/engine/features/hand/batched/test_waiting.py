"""Frames of many clips wait for a batch: each clip's in order, bounded in number, and no error is another clip's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from engine.errors import EngineError
from engine.features.hand.batched.landmarker import BatchedLandmarker, HandsInFrame
from engine.features.hand.batched.waiting import WaitingFrames

if TYPE_CHECKING:
    from collections.abc import Sequence


class Recorder:
    """A landmarker that follows a clip by the numbers of its frames, and records its batches."""

    def __init__(self, most_at_once: int = 99, broken: int = -1) -> None:
        self.batches: list[list[int]] = []
        self.most_at_once, self.broken = most_at_once, broken

    def step(self, frames: Sequence[Any], followed: Sequence[Any]) -> list[HandsInFrame]:
        if len(frames) > self.most_at_once:
            raise RuntimeError("CUDA out of memory")
        numbers = [int(frame[0, 0, 0]) for frame in frames]
        if self.broken in numbers:
            raise ValueError("a broken frame")
        self.batches.append(numbers)
        return [HandsInFrame((), (*before, np.array([n]))) for n, before in zip(numbers, followed, strict=True)]


def frame(number: int) -> np.ndarray:
    return np.full((2, 2, 3), number, np.uint8)


def waiting(recorder: Recorder, *, most: int = 100, batch_size: int = 8) -> WaitingFrames:
    return WaitingFrames(cast("BatchedLandmarker", recorder), most=most, batch_size=batch_size)


def test_clips_go_on_together_each_from_its_own_frame_before() -> None:
    recorder = Recorder()
    queue = waiting(recorder)
    clips = [queue.begin() for _ in range(3)]
    for number, clip in enumerate(clips):
        for k in range(2 + number):
            clip.add(frame(10 * number + k), k / 10)
    assert not any(clip.ready() for clip in clips)
    assert len(clips[0].hands()) == 2
    assert all(clip.ready() for clip in clips)
    assert [sorted(batch) for batch in recorder.batches] == [[0, 10, 20], [1, 11, 21], [12, 22], [23]]
    assert [int(square[0]) for square in clips[2].looked_at[-1].squares] == [20, 21, 22, 23]


def test_no_more_frames_wait_than_asked() -> None:
    recorder = Recorder()
    queue = waiting(recorder, most=4)
    clip = queue.begin()
    for k in range(9):
        clip.add(frame(k), k / 10)
        assert len(clip.waiting) < 4
    assert [len(clip.looked_at), len(clip.waiting)] == [8, 1]
    assert len(clip.hands()) == 9


def test_a_full_device_halves_the_batch_and_loses_nothing() -> None:
    recorder = Recorder(most_at_once=2)
    queue = waiting(recorder)
    clips = [queue.begin() for _ in range(5)]
    for number, clip in enumerate(clips):
        clip.add(frame(number), 0)
    assert [len(clip.hands()) for clip in clips] == [1] * 5
    assert queue.batch_size == 2
    assert sorted(number for batch in recorder.batches for number in batch) == [0, 1, 2, 3, 4]


def test_a_device_too_small_for_one_frame_is_an_error_in_words() -> None:
    clip = waiting(Recorder(most_at_once=0)).begin()
    clip.add(frame(1), 0)
    with pytest.raises(EngineError, match="too little memory"):
        clip.hands()


def test_a_failure_is_that_of_the_batch_it_happened_in() -> None:
    queue = waiting(Recorder(broken=7), batch_size=1)
    good, bad = queue.begin(), queue.begin()
    good.add(frame(1), 0)
    bad.add(frame(7), 0)
    bad.add(frame(8), 0.1)
    assert len(good.hands()) == 1
    with pytest.raises(ValueError, match="broken"):
        bad.hands()
    bad.add(frame(9), 0.2)
    assert not bad.waiting
