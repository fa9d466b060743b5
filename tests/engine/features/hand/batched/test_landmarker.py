"""The landmarker in torch against MediaPipe itself, on drawn hands and on real ones."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import mediapipe
import numpy as np
import pytest
import torch
from mediapipe.tasks.python import BaseOptions, vision

from engine.features.hand.batched.landmarker import BatchedLandmarker
from engine.features.hand.batched.model_file import load_networks
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window
from tests.engine.features.hand.batched.made_models import hand_model
from tests.engine.features.rendered_hands import hands_in_size
from tests.engine.features.scenes import rgb, view

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Found = list[list[tuple[np.ndarray, float]]]
"""Of each frame: landmarks `(21, 3)` and score of each hand."""


@cache
def landmarker() -> BatchedLandmarker:
    torch.set_num_threads(1)  # threads that wait for each other are slow where other tests run at the same time
    return BatchedLandmarker(load_networks(hand_model()))


def by_torch(frames: Sequence[np.ndarray], *, video: bool) -> Found:
    found: Found = []
    squares: tuple[np.ndarray, ...] = ()
    for frame in frames:
        (result,) = landmarker().step([frame], [squares])
        squares = result.squares if video else ()
        found.append([(hand.landmarks, hand.score) for hand in result.hands])
    return found


def by_mediapipe(frames: Sequence[np.ndarray], *, video: bool) -> Found:
    mode = vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE
    options = vision.HandLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=hand_model().read_bytes()), running_mode=mode, num_hands=2
    )
    found: Found = []
    with vision.HandLandmarker.create_from_options(options) as reference:
        for index, frame in enumerate(frames):
            image = mediapipe.Image(mediapipe.ImageFormat.SRGB, np.array(frame, np.uint8, order="C", copy=True))
            result: Any = reference.detect_for_video(image, index * 100) if video else reference.detect(image)
            found.append(
                [
                    (np.array([(mark.x, mark.y, mark.z) for mark in marks]), handedness[0].score)
                    for marks, handedness in zip(result.hand_landmarks, result.handedness, strict=True)
                ]
            )
    return found


def differences(ours: Found, theirs: Found, size: tuple[int, int]) -> np.ndarray:
    """Median distance of the landmarks of each of MediaPipe's hands from the nearest of ours, in palm lengths."""
    found = []
    for here, there in zip(ours, theirs, strict=True):
        for marks, _ in there:
            palm = np.linalg.norm((marks[9, :2] - marks[0, :2]) * size)
            gaps = [np.median(np.linalg.norm((mine[:, :2] - marks[:, :2]) * size, axis=1)) / palm for mine, _ in here]
            found += [min(gaps)] if gaps else []
    return np.array(found)


def counts(found: Found) -> list[int]:
    return [len(hands) for hands in found]


@pytest.mark.parametrize("size", [(640, 360), (360, 360), (479, 360)])
def test_single_pictures_give_mediapipe_s_hands(size: tuple[int, int]) -> None:
    frames = hands_in_size(*size, 3)
    ours, theirs = by_torch(frames, video=False), by_mediapipe(frames, video=False)
    assert sum(counts(theirs)) >= 5
    assert counts(ours) == counts(theirs)
    assert np.median(differences(ours, theirs, size)) < 0.002
    for here, there in zip(ours, theirs, strict=True):
        for (mine, score), (marks, their_score) in zip(here, there, strict=True):
            assert mine == pytest.approx(marks, abs=0.02)
            assert score == pytest.approx(their_score, abs=0.02)


def test_hands_are_followed_through_a_video_as_mediapipe_follows_them() -> None:
    frames = hands_in_size(640, 360, 6)
    ours, theirs = by_torch(frames, video=True), by_mediapipe(frames, video=True)
    assert counts(ours) == counts(theirs)
    assert np.median(differences(ours, theirs, (640, 360))) < 0.01


def test_a_followed_hand_is_found_without_looking_for_palms() -> None:
    """Following depends on the frame before: from there the hand is not found where a new palm would be."""
    frames = hands_in_size(640, 360, 2)
    (first,) = landmarker().step([frames[0]], [()])
    (then,) = landmarker().step([frames[1]], [first.squares])
    (afresh,) = landmarker().step([frames[1]], [()])
    assert len(first.squares) == len(then.hands) == 2
    assert not np.array_equal(then.hands[0].landmarks, afresh.hands[0].landmarks)


def test_a_lost_hand_is_followed_no_more() -> None:
    empty = np.ascontiguousarray(rgb(view()))
    (first,) = landmarker().step([hands_in_size(640, 360, 1)[0]], [()])
    (lost,) = landmarker().step([empty], [first.squares])
    assert first.hands
    assert (lost.hands, lost.squares) == ((), ())


def test_a_batch_of_any_sizes_gives_each_frame_its_own_hands() -> None:
    frames = [hands_in_size(640, 360, 2)[1], np.ascontiguousarray(rgb(view())), hands_in_size(360, 360, 1)[0]]
    frames = [*frames, frames[0]]
    together = landmarker().step(frames, [()] * len(frames))
    for frame, found in zip(frames, together, strict=True):
        (alone,) = landmarker().step([frame], [()])
        assert len(found.hands) == len(alone.hands)
        for one, other in zip(found.hands, alone.hands, strict=True):
            assert one.landmarks == pytest.approx(other.landmarks, abs=2e-3)
    assert [bool(found.hands) for found in together] == [True, False, True, True]


def real_frames(folder: Path, name: str, length_s: float) -> list[np.ndarray]:
    path = folder.parent / "shared" / "media" / name
    if not path.exists():
        pytest.skip("the developers' reference clips are not beside the checkout")
    request = ClipRequest(0, Window(0.0, length_s), (FrameRequest(10.0, 360, "rgb"),))
    return [event.image for event in read(path, [request]) if isinstance(event, Sample)]


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    ["hands/demo__gallery__04_coffee.mp4", "hands/vector_retargeting__human_hand_video.mp4", "ego/hawor_video_0.mp4"],
)
def test_real_pictures_give_mediapipe_s_hands(pytestconfig: pytest.Config, name: str) -> None:
    frames = real_frames(pytestconfig.rootpath, name, 0.6)
    size = frames[0].shape[1], frames[0].shape[0]
    ours, theirs = by_torch(frames, video=False), by_mediapipe(frames, video=False)
    assert sum(counts(theirs)) >= 3
    assert counts(ours) == counts(theirs)
    assert np.median(differences(ours, theirs, size)) < 0.002


@pytest.mark.shared
@pytest.mark.slow
def test_real_hands_are_followed_as_mediapipe_follows_them(pytestconfig: pytest.Config) -> None:
    """Landmarks within a hundredth of the palm in the median, hands in the same frames but for a hundredth."""
    gaps, frames_differ, frames_all = [], 0, 0
    for name in ("hands/vector_retargeting__human_hand_video.mp4", "ego/hawor_video_0.mp4", "ego/cmu__1.mp4"):
        frames = real_frames(pytestconfig.rootpath, name, 2.0)
        ours, theirs = by_torch(frames, video=True), by_mediapipe(frames, video=True)
        gaps.append(differences(ours, theirs, (frames[0].shape[1], frames[0].shape[0])))
        frames_differ += sum(bool(a) != bool(b) for a, b in zip(ours, theirs, strict=True))
        frames_all += len(frames)
    assert np.median(np.concatenate(gaps)) < 0.01
    assert frames_differ <= 0.02 * frames_all
