"""Clips at a constant rate, by the numbers in their frames: frame k shows what was visible at start + k / fps."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cancel import Cancelled
from engine.errors import VideoError
from engine.video.constant_rate import ConstantRateFrames, Encoding, encode_at_rate
from engine.video.convert import bars, fit_within
from engine.video.probe import probe
from engine.video.windows import Window
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (128, 96)
PAUSED_S = [k / 30 if k < 40 else k / 30 + 3.3 for k in range(90)]
UNEVEN_S = [k / 30 + (k % 5) * 0.004 for k in range(120)]
SECONDS = [Window(0, 1.5), Window(1.234, 2.9), Window(2.5, 9)]


def encoding(fps: int = 30, crf: int = 20) -> Encoding:
    return Encoding(fps=fps, width=SIZE[0], height=SIZE[1], crf=crf)


def inside(image: Any, size: tuple[int, int]) -> Any:
    """The picture within its black bars, which are checked."""
    width, height = fit_within(size, SIZE)
    left, top = bars((width, height), SIZE)
    outside = np.ones(image.shape[:2], bool)
    outside[top : top + height, left : left + width] = False
    assert not outside.any() or image[outside].max() < 40
    return image[top : top + height, left : left + width]


def numbers(path: Path, size: tuple[int, int]) -> list[int]:
    """The numbers in a file's frames, whose times must be even."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert [frame.pts * frame.time_base * stream.average_rate for frame in frames] == list(range(len(frames)))
    return [number_of(inside(frame.to_ndarray(format="rgb24"), size)) for frame in frames]


def visible(shown_s: list[float], window: Window, fps: int, rate: float) -> list[int]:
    """By arithmetic: which frame is visible at each instant."""
    end_s = min(window.end_s, shown_s[-1] + 1 / rate)
    count = 0
    while window.start_s + count / fps < end_s - 2e-6:
        count += 1
    return [bisect_right(shown_s, window.start_s + k / fps + 1e-3) - 1 for k in range(count)]


@pytest.mark.parametrize("window", SECONDS, ids=str)
@pytest.mark.parametrize(
    ("name", "fps", "size", "how"),
    [
        ("24.mp4", 24, (128, 96), {}),
        ("25.mp4", 25, (160, 90), {"audio": True}),
        ("ntsc.mp4", 29.97, (96, 64), {"b_frames": 4, "gop": 30}),
        ("30.mp4", 30, (320, 240), {}),
        ("60.mp4", 60, (128, 64), {}),
        ("turned.mp4", 30, (64, 128), {"rotation_deg": 90}),
        ("upside-down.mp4", 24, (128, 96), {"rotation_deg": 180}),
        ("milliseconds.mkv", 30, (128, 96), {}),
    ],
)
def test_each_frame_is_what_was_visible_at_its_time(
    tmp_path: Path, name: str, fps: float, size: tuple[int, int], how: Any, window: Window
) -> None:
    shown_s = write_video(tmp_path / name, int(fps * 3.4), fps=fps, size=size, **how)
    told: list[float] = []
    made = encode_at_rate(tmp_path / name, window, tmp_path / "out.mp4", encoding(), progress=told.append)
    found = numbers(tmp_path / "out.mp4", size)
    assert found == visible(shown_s, window, 30, fps)
    assert made.frames == len(found)
    assert made.source_size == size
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("window", [Window(0.5, 5.0), Window(2.0, 5.5), Window(4.4, 6)], ids=str)
def test_a_pause_is_a_still_picture_also_for_a_clip_that_begins_in_it(tmp_path: Path, window: Window) -> None:
    shown_s = write_video(tmp_path / "a.mp4", 90, times_s=PAUSED_S, size=SIZE)
    encode_at_rate(tmp_path / "a.mp4", window, tmp_path / "out.mp4", encoding())
    assert numbers(tmp_path / "out.mp4", SIZE) == visible(shown_s, window, 30, 30)


@given(
    fps=st.sampled_from([10, 24, 30, 50]),
    start_ms=st.integers(0, 2500),
    length_ms=st.integers(40, 2500),
)
@settings(max_examples=15)
def test_so_it_is_for_any_window_of_an_uneven_video(
    tmp_path_factory: pytest.TempPathFactory, fps: int, start_ms: int, length_ms: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "uneven"
    folder.mkdir(exist_ok=True)
    if not (folder / "a.mp4").exists():
        write_video(folder / "a.mp4", 120, times_s=UNEVEN_S, size=SIZE)
    window = Window(start_ms / 1000, (start_ms + length_ms) / 1000)
    encode_at_rate(folder / "a.mp4", window, folder / "out.mp4", encoding(fps))
    assert numbers(folder / "out.mp4", SIZE) == visible(UNEVEN_S, window, fps, 30)


def test_the_file_is_what_joining_needs(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 70, audio=True)
    encode_at_rate(tmp_path / "a.mp4", Window(0, 2), tmp_path / "out.mp4", encoding())
    info = probe(tmp_path / "out.mp4")
    assert (info.codec, info.pix_fmt, info.width, info.height) == ("h264", "yuv420p", *SIZE)
    assert not info.has_audio
    with av.open(str(tmp_path / "out.mp4")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets], "no B-frames"
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert keys[0] == 0
    assert max(np.diff([*keys, len(packets)])) <= 10


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 70, size=(320, 240), fps=24)
    for name in ("one.mp4", "two.mp4"):
        encode_at_rate(tmp_path / "a.mp4", Window(0.2, 2), tmp_path / name, encoding())
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_pictures_are_handed_on_with_their_times(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 48, fps=24)
    seen: list[tuple[int, float, tuple[int, int]]] = []
    encode_at_rate(
        tmp_path / "a.mp4",
        Window(0.5, 1),
        tmp_path / "out.mp4",
        encoding(),
        each=lambda frame, picture: seen.append((frame.index, frame.t_s, (picture.width, picture.height))),
    )
    assert seen == [(k, 0.5 + k / 30, SIZE) for k in range(15)]


def test_bars_are_black_and_colours_stay(tmp_path: Path) -> None:
    red = [av.VideoFrame.from_ndarray(np.full((64, 64, 3), (200, 30, 40), np.uint8), "rgb24") for _ in range(10)]
    write_video(tmp_path / "a.mp4", [frame.reformat(format="yuv420p") for frame in red])
    with ConstantRateFrames(tmp_path / "a.mp4", Window(0, 0.3), 30) as frames:
        picture = frames.letterboxed(next(iter(frames)), SIZE).to_ndarray(format="rgb24")
    assert np.abs(picture[48, 64].astype(int) - (200, 30, 40)).max() < 12
    assert picture[48, 4].max() < 8


def test_nothing_to_show_and_a_cancel_leave_no_file(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 30)
    with pytest.raises(VideoError, match="no frame between 5 s and 6 s"):
        encode_at_rate(tmp_path / "a.mp4", Window(5, 6), tmp_path / "out.mp4", encoding())
    with pytest.raises(Cancelled):
        encode_at_rate(tmp_path / "a.mp4", Window(0, 1), tmp_path / "out.mp4", encoding(), cancelled=lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(8, 2000), st.integers(8, 2000))
def test_a_picture_fits_into_its_frame(width: int, height: int, half_width: int, half_height: int) -> None:
    frame = (2 * half_width, 2 * half_height)
    inner = fit_within((width, height), frame)
    left, top = bars(inner, frame)
    assert all(side % 2 == 0 for side in (*inner, left, top))
    assert left >= 0
    assert left + inner[0] <= frame[0]
    assert top + inner[1] <= frame[1]
    # One side fills the frame; the other keeps the shape, to within the rounding to even numbers.
    assert inner[0] == frame[0] or inner[1] == frame[1]
    scale = min(frame[0] / width, frame[1] / height)
    assert abs(inner[0] - width * scale) <= 2
    assert abs(inner[1] - height * scale) <= 2
