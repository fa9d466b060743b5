"""Timecode: labels and frame numbers are those of the standard, and of OpenTimelineIO."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import VideoError
from engine.video.cut import cut
from engine.video.timecode import Counting, SourceTiming, Timecode, read_timing, standard_rate
from engine.video.windows import Window
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("measured", "rate"),
    [
        (29.97, NTSC),
        (29.97003, NTSC),
        (30.0001, Fraction(30)),
        (23.976, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (15.0, Fraction(15)),
        (24.975, Fraction(999, 40)),  # no standard has 25 / 1.001
        (12.5, Fraction(25, 2)),
        (0.01, Fraction(1, 100)),
    ],
)
def test_measured_rates_are_recognised(measured: float, rate: Fraction) -> None:
    assert standard_rate(measured) == rate


@given(
    rate=st.sampled_from([Fraction(24), Fraction(25), Fraction(30), Fraction(60), NTSC, Fraction(60000, 1001)]),
    number=st.integers(0, 24 * 3600 * 24 - 1),
    drop=st.booleans(),
)
def test_numbers_agree_with_opentimelineio(rate: Fraction, number: int, drop: bool) -> None:
    counting = Counting(rate, drop and Counting(rate).can_drop)
    time = otio.opentime.RationalTime(number, float(rate))
    label = otio.opentime.to_timecode(time, float(rate), drop_frame=counting.drop_frame)
    parsed = Timecode.parse(label)
    assert parsed is not None
    assert parsed.drop_frame == counting.drop_frame
    assert parsed.frame(counting) == number


@pytest.mark.parametrize("text", ["", "1:2:3:4", "25:00:00:00", "00:61:00:00", "00:00:61:00", "x", "00:00:00:00\n1"])
def test_what_is_no_label_is_none(text: str) -> None:
    assert Timecode.parse(text) is None


@given(rate=st.sampled_from([Fraction(24), Fraction(30), NTSC]), first=st.integers(0, 5000), count=st.integers(1, 400))
def test_a_window_between_frames_holds_just_these(rate: Fraction, first: int, count: int) -> None:
    timing = SourceTiming(counting=Counting(rate), timecode=None, frames=9999, is_variable=False)
    window = Window(float(first / rate), float((first + count) / rate))
    assert timing.frames_of(window) == (first, count)


@pytest.mark.parametrize(
    ("label", "fps", "number"),
    [("01:00:00:00", 30, 108_000), ("01:00:00:00", 30000 / 1001, 108_000), ("01:00:00;00", 30000 / 1001, 107_892)],
)
def test_the_timecode_track_of_a_file_is_read(tmp_path: Path, label: str, fps: float, number: int) -> None:
    write_video(tmp_path / "a.mov", 30, fps=fps, timecode=label)
    timing = read_timing(tmp_path / "a.mov")
    assert timing.start_frame == number
    assert timing.counting == Counting(standard_rate(fps), ";" in label)
    assert timing.frames == 30
    assert not timing.is_variable


def test_a_file_without_timecode_starts_at_0_and_a_varying_rate_is_noticed(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.1, 0.13, 0.2, 0.23, 0.3, 0.33, 0.4]
    write_video(tmp_path / "a.mp4", len(times), times_s=times)
    timing = read_timing(tmp_path / "a.mp4")
    assert (timing.timecode, timing.start_frame, timing.is_variable) == (None, 0, True)


def test_no_video_is_said(tmp_path: Path) -> None:
    with pytest.raises(VideoError):
        read_timing(tmp_path / "gone.mp4")


@pytest.mark.parametrize("fps", [25.0, 30000 / 1001])
def test_frames_of_a_window_are_those_that_the_cutter_takes(tmp_path: Path, fps: float) -> None:
    write_video(tmp_path / "a.mp4", 60, fps=fps)
    timing = read_timing(tmp_path / "a.mp4")
    for window in (Window(0.0, 0.5), Window(0.333, 1.2), Window(10 / fps, 20 / fps), Window(0.51, 0.52)):
        first, count = timing.frames_of(window)
        try:
            assert cut(tmp_path / "a.mp4", window, tmp_path / "cut.mp4") == count, (window, first)
        except VideoError:
            assert window.duration_s < 1 / fps, "only a window between two frames shows none"


@pytest.mark.shared
def test_a_real_camera_s_timecode(pytestconfig: pytest.Config) -> None:
    path = pytestconfig.rootpath.parent / "shared" / "media" / "ego" / "cmuafrica__1.mp4"
    if not path.exists():
        pytest.skip("the developers' reference clips are not beside the checkout")
    timing = read_timing(path)
    assert timing.timecode == Timecode(16 * 3600 + 10 * 60 + 20, 9, drop_frame=False)
    assert timing.start_frame == 1_746_609
