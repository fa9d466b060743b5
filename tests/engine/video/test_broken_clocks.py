"""Files whose clock starts again, starts late or before zero, or whose header claims more than is there."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import pytest

from engine.errors import VideoError
from engine.video.probe import probe
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.synthetic_video import number_of, numbered, write_video

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 60
FPS = 30
MPEG2: dict[str, Any] = {"codec": "mpeg2video", "size": (192, 128), "options": {"b": "4M"}}


def shown(path: Path, start_s: float = 0, stats: ReadStats | None = None) -> list[Sample]:
    request = ClipRequest("clip", Window(start_s, 1000), (FrameRequest(),))
    return [event for event in read(path, [request], stats=stats) if isinstance(event, Sample)]


@pytest.mark.parametrize("how", [{}, MPEG2], ids=["h264", "mpeg2"])
@pytest.mark.parametrize("frames", [(60, 60), (60, 120), (120, 60), (18, 150)])
def test_a_joined_program_stream_goes_on_where_the_first_recording_ends(
    how: dict[str, Any], frames: tuple[int, int], tmp_path: Path
) -> None:
    for name, count in zip("ab", frames, strict=True):
        write_video(tmp_path / f"{name}.mpg", count, b_frames=3, **how)
    joined = tmp_path / "joined.mpg"
    joined.write_bytes((tmp_path / "a.mpg").read_bytes() + (tmp_path / "b.mpg").read_bytes())
    stats = ReadStats()
    seen = shown(joined, stats=stats)
    assert [number_of(sample.image) for sample in seen] == [*range(frames[0]), *range(frames[1])]
    assert [sample.t_s for sample in seen] == pytest.approx([i / FPS for i in range(sum(frames))], abs=0.1)
    assert not stats.damaged
    assert probe(joined).duration_s == pytest.approx(sum(frames) / FPS, abs=0.1)


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_a_joined_recording_that_is_not_continued_is_said_with_both_lengths(suffix: str, tmp_path: Path) -> None:
    write_video(tmp_path / f"a.{suffix}", FRAMES, b_frames=3)
    joined = tmp_path / f"joined.{suffix}"
    joined.write_bytes((tmp_path / f"a.{suffix}").read_bytes() * 2)
    assert re.search(r"it holds (3\.9\d|4\.0\d) s of pictures", probe(joined).damage)
    assert "of which 2.00 s can be reached" in probe(joined).damage


def test_mpeg2_whose_key_frames_lack_times_here_and_there_is_sound(tmp_path: Path) -> None:
    # With frames this small and GOPs this short, several begin in one packet, and only the first has a time.
    write_video(tmp_path / "few.mpg", 120, b_frames=2, gop=6, **MPEG2)
    stats = ReadStats()
    seen = shown(tmp_path / "few.mpg", stats=stats)
    assert [number_of(sample.image) for sample in seen] == list(range(120))
    assert [sample.t_s for sample in seen] == pytest.approx([i / FPS for i in range(120)], abs=0.5 / FPS)
    assert not stats.damaged


def test_a_matroska_that_begins_before_zero_is_read_from_its_first_picture(tmp_path: Path) -> None:
    path = tmp_path / "early.mkv"
    write_video(path, 120, start_s=-1.3, b_frames=3, container_options={"avoid_negative_ts": "disabled"})
    info = probe(path)
    assert info.duration_s == pytest.approx(4.0, abs=0.05)
    assert info.start_s == pytest.approx(-1.3, abs=0.05)
    stats = ReadStats()
    seen = shown(path, stats=stats)
    assert [number_of(sample.image) for sample in seen] == list(range(120))
    assert [sample.t_s for sample in seen] == pytest.approx([i / FPS for i in range(120)], abs=0.5 / FPS)
    assert not stats.damaged
    assert number_of(shown(path, 2.99)[0].image) == 90


@pytest.mark.parametrize("how", [{"b_frames": 3}, {**MPEG2, "b_frames": 2}, {"codec": "mpeg4", "b_frames": 2}])
def test_an_avi_whose_pictures_begin_late_lasts_as_long_as_its_pictures(how: dict[str, Any], tmp_path: Path) -> None:
    write_video(tmp_path / "plain.avi", FRAMES, **how)
    with av.open(str(tmp_path / "plain.avi")) as plain, av.open(str(tmp_path / "late.avi"), "w") as out:
        stream = plain.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in plain.demux(stream):
            if packet.dts is not None:
                packet.dts, packet.pts = packet.dts + 2 * FPS, packet.pts + 2 * FPS
                packet.stream = copy
                out.mux(packet)
    info = probe(tmp_path / "late.avi")
    assert info.duration_s == pytest.approx(FRAMES / FPS, abs=0.05)
    assert info.start_s == pytest.approx(2.0, abs=0.1)
    assert info.damage == ""
    assert probe(tmp_path / "plain.avi").damage == ""
    seen = shown(tmp_path / "late.avi")
    assert [number_of(sample.image) for sample in seen] == list(range(FRAMES))


@pytest.mark.parametrize("suffix", ["avi", "asf", "wmv"])
def test_half_a_file_is_held_against_its_own_header(suffix: str, tmp_path: Path) -> None:
    how: dict[str, Any] = {"codec": "wmv2", "options": {"b": "2M"}} if suffix == "wmv" else {"b_frames": 3}
    write_video(tmp_path / f"whole.{suffix}", 240, **how)
    data = (tmp_path / f"whole.{suffix}").read_bytes()
    (tmp_path / f"half.{suffix}").write_bytes(data[: len(data) // 2])
    assert probe(tmp_path / f"whole.{suffix}").damage == ""
    assert "its header speaks of 8.0" in probe(tmp_path / f"half.{suffix}").damage


@pytest.mark.parametrize(("suffix", "way_out"), [("ts", "ffmpeg -i 'one jump.ts' -map 0:v"), ("mkv", "Cut it there")])
def test_a_clock_that_jumps_ten_hours_is_said_with_the_way_out(suffix: str, way_out: str, tmp_path: Path) -> None:
    write_video(tmp_path / f"plain.{suffix}", 240, b_frames=0)
    path = tmp_path / f"one jump.{suffix}"
    with av.open(str(tmp_path / f"plain.{suffix}")) as plain, av.open(str(path), "w") as out:
        stream = plain.streams.video[0]
        copy = out.add_stream_from_template(stream)
        leap = round(36_000 / stream.time_base)
        for number, packet in enumerate(packet for packet in plain.demux(stream) if packet.dts is not None):
            if number >= 120:
                packet.dts, packet.pts = packet.dts + leap, packet.pts + leap
            packet.stream = copy
            out.mux(packet)
    with pytest.raises(VideoError, match=r"its clock jumps ahead by 36,000 s after (3\.9\d|4\.0\d?) s") as caught:
        probe(path)
    assert caught.value.remedy.find(way_out) >= 0


@pytest.mark.parametrize("suffix", ["asf", "wmv"])
def test_an_asf_whose_pictures_begin_late_is_not_cut_short(suffix: str, tmp_path: Path) -> None:
    how: dict[str, Any] = {"codec": "wmv2", "options": {"b": "2M"}} if suffix == "wmv" else {"b_frames": 3}
    path = tmp_path / f"late.{suffix}"
    write_video(path, 120, start_s=4.0, **how)
    stats = ReadStats()
    assert [number_of(sample.image) for sample in shown(path, stats=stats)] == list(range(120))
    assert (stats.damaged, probe(path).damage) == (False, "")
    assert probe(path).duration_s == pytest.approx(4.0, abs=0.05)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "its header speaks of 4.0" in probe(path).damage


@pytest.mark.parametrize("how", [{"b_frames": 3}, MPEG2], ids=["h264", "mpeg2"])
def test_a_program_stream_without_its_beginning_lasts_as_long_as_what_can_be_decoded(
    how: dict[str, Any], tmp_path: Path
) -> None:
    whole, rest = tmp_path / "whole.mpg", tmp_path / "rest.mpg"
    write_video(whole, 240, gop=60, **how)
    data = whole.read_bytes()
    rest.write_bytes(data[len(data) // 3 :])
    seen = [number_of(sample.image) for sample in shown(rest)]
    assert seen == list(range(120, 240))
    info = probe(rest)
    assert info.duration_s == pytest.approx(4.0, abs=0.12)
    assert re.search(r"its first 1\.\d\d s can't be decoded", info.damage)


def test_a_program_stream_goes_by_its_own_times_where_its_pictures_tell_another_rate(tmp_path: Path) -> None:
    # With frames this small, most packets have no time, and are counted by the rate in the codec's headers.
    path = tmp_path / "true.mpg"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.gop_size = 96, 64, "yuv420p", 12
        stream.options = {"preset": "veryfast", "bf": "2"}
        pictures = [av.VideoFrame.from_ndarray(numbered(i), "rgb24").reformat(format="yuv420p") for i in range(240)]
        for number, picture in enumerate(pictures):
            picture.pts, picture.time_base = number, Fraction(1, 25)
        for packet in [packet for picture in [*pictures, None] for packet in stream.encode(picture)]:
            packet.time_base = Fraction(1, 30)
            out.mux(packet)
    seen = shown(path)
    assert [number_of(sample.image) for sample in seen] == list(range(240))
    assert probe(path).duration_s == pytest.approx(8.0, abs=0.2)
    assert [sample.t_s for sample in seen] == pytest.approx([i / 30 for i in range(240)], abs=0.2)


def test_pictures_of_another_codec_that_follow_in_a_program_stream_are_not_left_out_without_a_word(
    tmp_path: Path,
) -> None:
    write_video(tmp_path / "a.mpg", FRAMES, b_frames=2, **MPEG2)
    write_video(tmp_path / "b.mpg", FRAMES, b_frames=2)
    joined = tmp_path / "joined.mpg"
    joined.write_bytes((tmp_path / "a.mpg").read_bytes() + (tmp_path / "b.mpg").read_bytes())
    assert len(shown(joined)) == FRAMES
    assert "60 pictures of another track follow" in probe(joined).damage
