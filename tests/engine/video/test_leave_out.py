"""What the decoder is spared changes no picture that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from engine.video.decoder import PyAVSource
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from pathlib import Path

FIXED_GROUPS = {"x264-params": "b-adapt=0:b-pyramid=none"}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("pyramid.mp4", {"b_frames": 3}),
        ("groups.mp4", {"b_frames": 2, "options": FIXED_GROUPS}),
        ("large.mp4", {"b_frames": 3, "size": (960, 640)}),
        ("part2.mp4", {"codec": "mpeg4", "b_frames": 2}),
        ("hevc.mp4", {"codec": "libx265", "b_frames": 3}),
        ("av1.mkv", {"codec": "libsvtav1"}),
        ("untimed.avi", {"b_frames": 3}),
    ],
)
@pytest.mark.parametrize("rate_hz", [1.0, 3.0, 11.0])
def test_samples_far_apart_are_those_of_decoding_everything(
    tmp_path: Path, name: str, how: Any, rate_hz: float
) -> None:
    times_s = write_video(tmp_path / name, 90, gop=40, **how)
    sparse = FrameRequest(rate_hz, None)
    every = ClipRequest("every", Window(0, 9), (FrameRequest(None, None),))
    whole = {e.t_s: e.image for e in read(tmp_path / name, [every]) if isinstance(e, Sample)}
    asked = [ClipRequest("few", Window(0.1, 2.9), (sparse,))]
    few = [e for e in read(tmp_path / name, asked, leave_out="unwanted") if isinstance(e, Sample)]
    due = 0.1 + np.arange(int(2.8 * rate_hz)) / rate_hz
    assert len(few) >= len(due)
    for sample in few:
        assert np.array_equal(sample.image, whole[sample.t_s])
        assert times_s[number_of(sample.image)] == pytest.approx(sample.t_s, abs=1e-3)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_pictures_that_nobody_wants_are_not_decoded(tmp_path: Path, codec: str) -> None:
    options = FIXED_GROUPS if codec == "libx264" else {}
    write_video(tmp_path / "a.mp4", 180, codec=codec, b_frames=2, gop=240, options=options)
    stats = ReadStats()
    asked = [ClipRequest(0, Window(0, 6), (FrameRequest(0.5, 32),))]
    samples = [e for e in read(tmp_path / "a.mp4", asked, stats=stats, leave_out="unwanted") if isinstance(e, Sample)]
    assert len(samples) == 3
    assert stats.frames_decoded < 0.6 * 180


def test_nothing_is_left_out_where_damage_is_to_be_noticed(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 180, b_frames=2, gop=240, options=FIXED_GROUPS)
    stats = ReadStats()
    list(read(tmp_path / "a.mp4", [ClipRequest(0, Window(0, 6), (FrameRequest(0.5, 32),))], stats=stats))
    assert stats.frames_decoded > 0.6 * 180


def test_pictures_that_others_refer_to_come_alone_where_they_are_asked_for(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 61, b_frames=2, gop=240, options=FIXED_GROUPS)
    source = PyAVSource(tmp_path / "a.mp4", ReadStats(), leave_out="unreferenced")
    numbers, after_s = [], 0.0
    while (picture := source.frame_at_or_after(after_s)) is not None:
        numbers.append(number_of(picture.image(None, "gray")))
        after_s = picture.t_s
    source.close()
    assert numbers == list(range(0, 61, 3))


def test_a_file_without_times_gives_every_picture(tmp_path: Path) -> None:
    """Its times come from counting."""
    write_video(tmp_path / "a.avi", 40, b_frames=2, options=FIXED_GROUPS)
    source = PyAVSource(tmp_path / "a.avi", ReadStats(), leave_out="unreferenced")
    count, after_s = 0, 0.0
    while (picture := source.frame_at_or_after(after_s)) is not None:
        count, after_s = count + 1, picture.t_s
    source.close()
    assert count == 40


@pytest.mark.parametrize(("size", "alone"), [((96, 64), True), ((1280, 720), False)])
def test_threads_are_used_only_where_they_pay(tmp_path: Path, size: tuple[int, int], alone: bool) -> None:
    grey = [
        av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 90, np.uint8), "rgb24").reformat(format="yuv420p")
    ]
    write_video(tmp_path / "a.mp4", grey)
    source = PyAVSource(tmp_path / "a.mp4", ReadStats())
    assert (source.stream.codec_context.thread_count == 1) == alone
    source.close()
