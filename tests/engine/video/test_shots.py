"""Shots, against the places where generated videos were cut."""

from __future__ import annotations

import struct
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.video.reader import read
from engine.video.shots import find_shots, suspects
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.synthetic_video import write_changing_video, write_video

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FPS = 30
WIDTH, HEIGHT = 192, 108
LEAST_SHOT = 20
"""Frames of the shortest shot that is made: a little more than the shortest that is told."""


@cache
def scene(seed: int) -> Any:
    """A wide picture to look over, its colours and its shapes its own."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 60, (12, 32, 3)) + rng.integers(0, 195, 3)
    return cv2.resize(small.astype(np.uint8), (WIDTH * 4, HEIGHT * 2), interpolation=cv2.INTER_CUBIC)


def view(seed: int, frame: int, speed_px: float = 1.0) -> Any:
    """What a camera sees that turns by `speed_px` from frame to frame, to and fro."""
    reach = WIDTH * 3 - 1
    left = round(abs((frame * speed_px + reach) % (2 * reach) - reach))
    top = round((HEIGHT - 1) * (0.5 + 0.4 * np.sin(frame * speed_px / 90)))
    return scene(seed)[top : top + HEIGHT, left : left + WIDTH]


def encode(path: Path, pictures: Iterable[Any], **how: Any) -> list[float]:
    frames = [av.VideoFrame.from_ndarray(np.ascontiguousarray(p), "rgb24").reformat(format="yuv420p") for p in pictures]
    return write_video(path, frames, **how)


def cut_at(path: Path, places: Sequence[int], *, frames: int, speed_px: float = 1.0, **how: Any) -> list[float]:
    """Writes a video whose scene changes at each of `places`, and returns the times of its frames."""
    edges = [0, *places, frames]
    pictures = [view(k, i, speed_px) for k, (a, b) in enumerate(pairwise(edges)) for i in range(a, b)]
    return encode(path, pictures, **how)


def cuts(path: Path) -> list[float]:
    return [shot.start_s for shot in find_shots(path)][1:]


def decided_by_the_detector_alone(path: Path) -> list[float]:
    """PySceneDetect's adaptive detector over every frame, the shortest shot as ours."""
    from scenedetect import AdaptiveDetector, FrameTimecode

    detector = AdaptiveDetector(min_scene_len=600)
    found = []
    for event in read(path, [ClipRequest(0, Window(0, 999), (FrameRequest(None, 144),))]):
        if isinstance(event, Sample):
            code = FrameTimecode(round(event.t_s * 1000), 1000.0)
            found += detector.process_frame(code, cv2.cvtColor(event.image, cv2.COLOR_RGB2BGR))
    return [int(cut.frame_num) / 1000 for cut in found]


@st.composite
def places(draw: Any) -> tuple[list[int], int]:
    """Where to cut, and how many frames there are."""
    lengths = draw(st.lists(st.integers(LEAST_SHOT, 50), min_size=1, max_size=5))
    edges = np.cumsum(lengths)
    return [int(edge) for edge in edges[:-1]], int(edges[-1])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=places(),
    gop=st.sampled_from([5, 12, 250]),
    b_frames=st.sampled_from([0, 2, 3]),
    speed_px=st.sampled_from([0.0, 1.5, 9.0]),
)
def test_every_cut_is_found_on_its_frame_and_no_other(
    tmp_path: Path, where: tuple[list[int], int], gop: int, b_frames: int, speed_px: float
) -> None:
    places, frames = where
    path = tmp_path / "cut.mp4"
    times_s = cut_at(path, places, frames=frames, speed_px=speed_px, gop=gop, b_frames=b_frames)
    found = cuts(path)
    assert found == pytest.approx([times_s[place] for place in places], abs=1e-4)
    assert found == pytest.approx(decided_by_the_detector_alone(path), abs=1e-3)


@pytest.mark.parametrize(
    "how",
    [
        {"times_s": [i / 30 + (i % 5) * 0.003 for i in range(100)]},
        {"codec": "mpeg4", "b_frames": 2},
        {"codec": "libx265", "b_frames": 3},
        {"codec": "libsvtav1"},
        {"options": {"x264-params": "b-pyramid=none:bframes=5:b-adapt=0"}},
    ],
    ids=["uneven", "mpeg4", "hevc", "av1", "five between"],
)
def test_cuts_are_found_whatever_lies_between_the_frames_that_others_refer_to(tmp_path: Path, how: Any) -> None:
    times_s = cut_at(tmp_path / "a.mp4", [37, 62], frames=100, speed_px=3, **how)
    assert cuts(tmp_path / "a.mp4") == pytest.approx([times_s[37], times_s[62]], abs=1e-4)


def test_cuts_are_found_where_the_file_has_no_times(tmp_path: Path) -> None:
    cut_at(tmp_path / "a.avi", [37, 62], frames=100, speed_px=3)
    assert cuts(tmp_path / "a.avi") == pytest.approx([37 / 30, 62 / 30], abs=1e-3)


def test_a_camera_that_turns_fast_cuts_nothing(tmp_path: Path) -> None:
    speeds = np.concatenate([np.full(40, 0.5), np.linspace(0.5, 40, 6), np.full(10, 40), np.linspace(40, 0.5, 6)])
    along = np.cumsum(np.concatenate([speeds, np.full(40, 0.5)]))
    encode(tmp_path / "turn.mp4", [view(1, 1, float(x)) for x in along], gop=250)
    assert cuts(tmp_path / "turn.mp4") == []


def test_a_fade_cuts_nothing(tmp_path: Path) -> None:
    shares = np.clip((np.arange(120) - 40) / 40, 0, 1)
    pictures = [cv2.addWeighted(view(1, i), 1 - s, view(2, i), s, 0) for i, s in enumerate(shares)]
    encode(tmp_path / "fade.mp4", pictures)
    assert cuts(tmp_path / "fade.mp4") == []


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_flash_cuts_nothing_and_hides_no_cut(tmp_path: Path, length: int, b_frames: int) -> None:
    pictures = [view(1 + (i >= 60), i) for i in range(100)]
    for index in range(47, 47 + length):
        pictures[index] = np.full_like(pictures[index], 250)
    times_s = encode(tmp_path / "flash.mp4", pictures, b_frames=b_frames)
    assert cuts(tmp_path / "flash.mp4") == pytest.approx([times_s[60]], abs=1e-4)


def begin_later(path: Path, out: Path, frames: int) -> None:
    """A copy that hides its first pictures by its edit list, as cameras' own trimming and copies of packets do."""
    data = bytearray(path.read_bytes())
    entry = data.index(b"elst") + 16
    (ticks_per_s,) = struct.unpack_from(">I", data, data.index(b"mdhd") + 16)
    (first,) = struct.unpack_from(">i", data, entry)
    struct.pack_into(">i", data, entry, first + frames * ticks_per_s // FPS)
    out.write_bytes(data)


@pytest.mark.parametrize("hidden", range(6))
def test_cuts_are_found_where_the_first_picture_shown_is_one_that_no_other_refers_to(
    tmp_path: Path, hidden: int
) -> None:
    pictures = [view(k, i) for k, (a, b) in enumerate(pairwise([0, 90, 150, 200])) for i in range(a, b)]
    frames = [av.VideoFrame.from_ndarray(np.ascontiguousarray(p), "rgb24").reformat(format="yuv420p") for p in pictures]
    for frame in frames[60:]:
        frame.pict_type = av.video.frame.PictureType.P
    write_video(tmp_path / "a.mp4", frames, b_frames=3, gop=250, options={"x264-params": "b-adapt=0:b-pyramid=none"})
    begin_later(tmp_path / "a.mp4", tmp_path / "trimmed.mp4", hidden)
    expected = [(90 - hidden) / FPS, (150 - hidden) / FPS]
    assert cuts(tmp_path / "trimmed.mp4") == pytest.approx(expected, abs=1e-3)


def test_progress_is_told_frame_by_frame_where_nothing_is_cut(tmp_path: Path) -> None:
    """A pass without a word would count as hanging, and a cancel would not be noticed."""
    pictures = [view(1, i) for i in range(120)]
    for index in range(40, 60, 4):
        pictures[index] = np.full_like(pictures[index], 250)  # flashes are looked at closely, and are no cuts
    encode(tmp_path / "a.mp4", pictures, b_frames=0)
    told: list[float] = []
    assert len(find_shots(tmp_path / "a.mp4", progress=told.append)) == 1
    assert told == sorted(told)
    assert len([done for done in told if 0.7 < done < 1.0]) >= 10


def test_a_still_picture_is_one_shot_up_to_the_end(tmp_path: Path) -> None:
    times_s = encode(tmp_path / "still.mp4", [view(1, 0)] * 60)
    (shot,) = find_shots(tmp_path / "still.mp4")
    assert shot.start_s == 0
    assert shot.end_s == pytest.approx(times_s[-1] + 1 / FPS, abs=0.01)


def test_a_video_of_one_frame_is_one_shot(tmp_path: Path) -> None:
    encode(tmp_path / "one.mp4", [view(1, 0)])
    assert len(find_shots(tmp_path / "one.mp4")) == 1


def test_frames_that_no_other_refers_to_are_not_decoded_where_nothing_is_cut(tmp_path: Path) -> None:
    cut_at(tmp_path / "a.mp4", [], frames=120, b_frames=3, gop=250, options={"x264-params": "b-adapt=0"})
    stats = ReadStats()
    find_shots(tmp_path / "a.mp4", stats=stats)
    assert stats.frames_decoded <= 65


def test_a_change_of_the_pictures_size_does_not_stop_the_search(tmp_path: Path) -> None:
    parts = []
    for seed, size in ((1, (192, 108)), (2, (128, 72))):
        images = [cv2.resize(view(seed, i), size) for i in range(45)]
        parts.append([av.VideoFrame.from_ndarray(i, "rgb24").reformat(format="yuv420p") for i in images])
    write_changing_video(tmp_path / "a.ts", parts)
    assert cuts(tmp_path / "a.ts") == pytest.approx([1.5], abs=0.01)


@given(
    changes=st.lists(st.floats(0, 120), min_size=6, max_size=30),
    at=st.integers(0, 29),
    sensitivity=st.floats(1.5, 6),
)
def test_what_the_detector_would_call_a_cut_is_always_suspected(
    changes: list[float], at: int, sensitivity: float
) -> None:
    """Where all frames are sifted: the median of four numbers is at most 4/3 of their mean."""
    at = 3 + at % (len(changes) - 5)
    around = [changes[i] for i in range(at - 2, at + 3) if i != at]
    changes[at] = max(15.0, sensitivity * sum(around) / 4)
    assert at in suspects(changes, sensitivity)
