"""The reader gives the frames that the burnt-in numbers say it should, however it gets to them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cancel import Cancelled
from engine.errors import VideoError
from engine.video.decoder import PyAVSource
from engine.video.reader import read
from engine.video.types import ClipEnd, ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

EVERY = FrameRequest()
JITTER_S = [0.0, 0.005, -0.009, 0.011, 0.0, -0.003]
UNEVEN_S = [i / 30 + JITTER_S[i % 6] + (2.0 if i >= 100 else 0.0) for i in range(180)]

# What every kind of file has in common: frame i is shown at times[i], counted from frame 0.
KINDS: dict[str, dict[str, Any]] = {
    "constant.mp4": {},
    "variable.mp4": {"times_s": UNEVEN_S},
    "variable.mkv": {"times_s": [round(t, 3) for t in UNEVEN_S]},
    "b-frames.mp4": {"b_frames": 4, "gop": 25},
    "open-gop.mp4": {"b_frames": 3, "options": {"x264-params": "open-gop=1:b-pyramid=strict"}},
    "open-gop.ts": {"b_frames": 3, "options": {"x264-params": "open-gop=1"}},
    "intra-refresh.mp4": {"b_frames": 0, "gop": 15, "options": {"x264-params": "intra-refresh=1"}},
    "late-start.mp4": {"start_s": 1.7},
    "late-start.mkv": {"start_s": 12.0},
    "late-start.ts": {"start_s": 100.0},
    "fragments.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "odd-size.mkv": {"codec": "ffv1", "size": (101, 67), "pix_fmt": "yuv444p"},
    "motion-jpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "size": (98, 66)},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mpeg2.ts": {"codec": "mpeg2video", "size": (192, 128), "options": {"b": "4M"}},
    "hevc.mp4": {"codec": "libx265", "b_frames": 3},
    "hevc-open-gop.mp4": {
        "codec": "libx265",
        "options": {"x265-params": "log-level=none:keyint=12:open-gop=1:bframes=3"},
    },
    "av1.mp4": {"codec": "libsvtav1"},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "ten-bit.mp4": {"pix_fmt": "yuv420p10le"},
    "sound.mp4": {"audio": True},
    "one-gop.mp4": {"gop": 1000},
    "turned-90.mp4": {"rotation_deg": 90},
    "turned-180.mp4": {"rotation_deg": 180},
    "turned-270.mp4": {"rotation_deg": 270},
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list[float]]]:
    """Makes a kind of file once, on demand."""
    folder = tmp_path_factory.mktemp("kinds")
    ready: dict[str, tuple[Path, list[float]]] = {}

    def make(kind: str) -> tuple[Path, list[float]]:
        if kind not in ready:
            ready[kind] = folder / kind, write_video(folder / kind, 180, **KINDS[kind])
        return ready[kind]

    return make


def expected_numbers(times_s: Sequence[float], window: Window, rate_hz: float | None) -> list[int]:
    """The sampling rule, spelt out: at each instant the first frame at or after it, each once, inside the window."""
    inside = [i for i, t in enumerate(times_s) if window.contains(t)]
    if rate_hz is None:
        return inside
    instants = [window.start_s + k / rate_hz for k in range(math.ceil(window.duration_s * rate_hz) + 1)]
    wanted: list[int] = []
    for instant in instants:
        after = [i for i in inside if times_s[i] + 1e-6 >= instant]
        if instant < window.end_s and after and after[0] not in wanted:
            wanted.append(after[0])
    return wanted


def numbers(path: Path, clips: Sequence[ClipRequest], **options: Any) -> dict[tuple[Any, FrameRequest], list[int]]:
    got: dict[tuple[Any, FrameRequest], list[int]] = {(c.key, r): [] for c in clips for r in c.requests}
    for event in read(path, clips, **options):
        if isinstance(event, Sample):
            got[event.key, event.request].append(number_of(event.image))
    return got


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_of_every_kind_of_file_comes_once_in_order_at_its_time(kind: str, made: Any) -> None:
    path, times_s = made(kind)
    samples = [e for e in read(path, [ClipRequest("all", Window(0, 1000), (EVERY,))]) if isinstance(e, Sample)]
    assert [number_of(s.image) for s in samples] == list(range(180))
    assert [s.index for s in samples] == list(range(180))
    assert np.allclose([s.t_s for s in samples], times_s, atol=0.0011 if kind.endswith((".mkv", ".webm")) else 2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_leaping_and_decoding_through_give_the_same_bits(kind: str, made: Any) -> None:
    path, _ = made(kind)
    clips = [
        ClipRequest("first", Window(0.0, 0.2), (EVERY,)),
        ClipRequest("middle", Window(2.71, 2.9), (EVERY, FrameRequest(9, 40, "gray"))),
        ClipRequest("sparse", Window(1.0, 5.5), (FrameRequest(0.7),)),
        ClipRequest("last", Window(5.8, 60.0), (FrameRequest(30),)),
    ]
    leaping = list(read(path, clips))
    through = list(read(path, clips, seek=False))
    assert len(leaping) == len(through)
    for a, b in zip(leaping, through, strict=True):
        assert a.key == b.key
        if isinstance(a, Sample) and isinstance(b, Sample):
            assert (a.t_s, a.index, a.request) == (b.t_s, b.index, b.request)
            assert np.array_equal(a.image, b.image)


WINDOWS = st.builds(
    lambda start, length: Window(start, start + length),
    st.floats(0, 8).map(lambda t: round(t, 3)),
    st.floats(0.01, 3).map(lambda t: round(t, 3)),
)
REQUESTS = st.lists(
    st.builds(
        FrameRequest, st.none() | st.floats(0.3, 60), st.none() | st.integers(40, 64), st.sampled_from(["rgb", "gray"])
    ),
    min_size=1,
    max_size=3,
    unique=True,
).map(tuple)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clips=st.lists(st.tuples(WINDOWS, REQUESTS), min_size=1, max_size=6), seek=st.booleans())
@pytest.mark.parametrize(
    "kind", ["constant.mp4", "variable.mp4", "open-gop.mp4", "open-gop.ts", "hevc.mp4", "turned-90.mp4"]
)
def test_any_windows_at_any_rates_get_their_frames(kind: str, made: Any, clips: Any, seek: bool) -> None:
    path, times_s = made(kind)
    asked = [ClipRequest(key, window, requests) for key, (window, requests) in enumerate(clips)]
    got = numbers(path, asked, seek=seek)
    for clip in asked:
        for request in clip.requests:
            assert got[clip.key, request] == expected_numbers(times_s, clip.window, request.rate_hz)


@pytest.mark.parametrize("shift", [15, 24])
def test_time_counts_from_the_first_frame_that_an_edit_list_shows(made: Any, tmp_path: Path, shift: int) -> None:
    path = tmp_path / "trimmed.mp4"
    trim(made("b-frames.mp4")[0], path, shift)
    with av.open(str(path)) as container:
        plain = [number_of(f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    assert plain == list(range(shift, 180)), "the edit list hides the first frames from anybody"
    clips = [
        ClipRequest("start", Window(0, 0.1), (EVERY,)),
        ClipRequest("end", Window(4.0, 4.2), (EVERY, FrameRequest(10))),
    ]
    for seek in (True, False):
        got = numbers(path, clips, seek=seek)
        assert got["start", EVERY] == [shift, shift + 1, shift + 2]
        assert got["end", EVERY] == list(range(shift + 120, shift + 126))
        assert got["end", FrameRequest(10)] == [shift + 120, shift + 123]


def trim(source: Path, out_path: Path, frames: int) -> None:
    """Copies the packets with times that begin before 0, which the MP4 writer hides behind an edit list."""
    with av.open(str(source)) as whole, av.open(str(out_path), "w", options={"avoid_negative_ts": "disabled"}) as out:
        stream = out.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is None or packet.pts is None:
                continue
            earlier = round(frames / 30 / packet.time_base)
            packet.pts -= earlier
            packet.dts -= earlier
            packet.stream = stream
            out.mux(packet)


def test_each_frame_is_decoded_once_and_converted_once_for_each_size_and_color(made: Any) -> None:
    path, _ = made("constant.mp4")
    small, grey = FrameRequest(short_side_px=32), FrameRequest(short_side_px=32, color="gray")
    clips = [
        ClipRequest("a", Window(0, 4), (small, grey)),
        ClipRequest("b", Window(1, 5), (small, FrameRequest(rate_hz=10, short_side_px=32))),
        ClipRequest("c", Window(1, 2), (small,)),
    ]
    stats = ReadStats()
    samples = [e for e in read(path, clips, stats=stats) if isinstance(e, Sample)]
    assert stats.frames_needed == 150
    assert stats.frames_decoded <= 152 + 8
    assert stats.conversions == 150 + 120
    assert stats.samples == len(samples) == 120 + 120 + 120 + 40 + 30
    at_1_5 = [s.image for s in samples if abs(s.t_s - 1.5) < 1e-3 and s.request.color == "rgb"]
    assert len(at_1_5) == 4
    assert all(image is at_1_5[0] for image in at_1_5)


def test_frames_nobody_wants_are_leapt_over(made: Any) -> None:
    path, _ = made("constant.mp4")
    clips = [ClipRequest("a", Window(0, 0.1), (EVERY,)), ClipRequest("b", Window(5.0, 5.1), (EVERY,))]
    stats = ReadStats()
    list(read(path, clips, stats=stats))
    assert stats.seeks == 1
    assert stats.frames_decoded < 60
    assert stats.conversions == 6


def test_a_clip_ends_as_soon_as_its_last_frame_has_passed(made: Any) -> None:
    path, _ = made("constant.mp4")
    clips = [
        ClipRequest("long", Window(0, 3), (FrameRequest(10),)),
        ClipRequest("short", Window(0.5, 1), (FrameRequest(10),)),
        ClipRequest("beyond", Window(50, 51), (EVERY,)),
    ]
    events = list(read(path, clips))
    ends = [(i, e) for i, e in enumerate(events) if isinstance(e, ClipEnd)]
    assert [e for _, e in ends] == [ClipEnd("short", 5), ClipEnd("long", 30), ClipEnd("beyond", 0)]
    before = events[ends[0][0] - 1]
    assert isinstance(before, Sample)
    assert before.key == "short"


def test_windows_that_touch_share_the_frames_out(made: Any) -> None:
    path, _ = made("constant.mp4")
    clips = [ClipRequest(k, Window(k / 10, (k + 1) / 10), (EVERY,)) for k in range(60)]
    got = numbers(path, clips)
    assert [got[k, EVERY] for k in range(60)] == [[3 * k, 3 * k + 1, 3 * k + 2] for k in range(60)]


def test_images_are_shared_so_they_are_read_only(made: Any) -> None:
    path, _ = made("turned-90.mp4")
    sample = next(iter(read(path, [ClipRequest(0, Window(0, 1), (EVERY,))])))
    assert isinstance(sample, Sample)
    assert sample.image.shape == (64, 96, 3)
    assert sample.image.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        sample.image[0, 0] = 0


def test_sizes_keep_the_shape_and_never_grow(made: Any) -> None:
    path, _ = made("odd-size.mkv")
    for short_side_px, shape in [(None, (67, 101)), (500, (67, 101)), (33, (33, 50))]:
        request = FrameRequest(1, short_side_px, "gray")
        sample = next(iter(read(path, [ClipRequest(0, Window(0, 1), (request,))])))
        assert isinstance(sample, Sample)
        assert sample.image.shape == shape


def test_two_clips_may_not_share_a_key(made: Any) -> None:
    path, _ = made("constant.mp4")
    clip = ClipRequest("same", Window(0, 1), (EVERY,))
    with pytest.raises(ValueError, match="'same'"):
        list(read(path, [clip, clip]))


def test_nothing_wanted_reads_nothing(tmp_path: Path) -> None:
    assert list(read(tmp_path / "absent.mp4", [])) == []


def test_cancelling_stops_the_read(made: Any) -> None:
    path, _ = made("constant.mp4")
    seen: list[Any] = []
    reading = read(path, [ClipRequest(0, Window(0, 6), (EVERY,))], cancelled=lambda: len(seen) >= 5)
    with pytest.raises(Cancelled):
        seen.extend(reading)
    assert len(seen) == 5


def test_a_damaged_middle_costs_its_own_frames_only(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    write_video(path, 180, gop=10, size=(320, 240))
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for pos, size in packets[60:66]:
        data[pos : pos + size] = bytes(reversed(data[pos : pos + size]))
    path.write_bytes(data)
    stats = ReadStats()
    samples = [e for e in read(path, [ClipRequest(0, Window(0, 6), (EVERY,))], stats=stats) if isinstance(e, Sample)]
    assert stats.decode_errors > 0
    assert stats.damaged
    healthy = {number_of(s.image) for s in samples if not 1.8 < s.t_s < 2.7}
    assert healthy >= set(range(54)) | set(range(82, 180))


def test_a_file_that_ends_early_is_said_to(tmp_path: Path) -> None:
    path = tmp_path / "short.mkv"
    whole = tmp_path / "whole.mp4"
    write_video(whole, 180, size=(320, 240), container_options={"movflags": "+faststart"})
    path = tmp_path / "short.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    stats = ReadStats()
    samples = [e for e in read(path, [ClipRequest(0, Window(0, 6), (EVERY,))], stats=stats) if isinstance(e, Sample)]
    assert 60 < len(samples) < 180
    assert stats.truncated


@pytest.mark.parametrize("fate", ["vanishes", "is cut"])
def test_a_file_that_goes_away_while_being_read_is_an_error(tmp_path: Path, fate: str) -> None:
    path = tmp_path / "going.mp4"
    write_video(path, 160, size=(320, 240), options={"crf": "0"}, container_options={"movflags": "+faststart"})
    reading = iter(read(path, [ClipRequest(0, Window(0, 60), (EVERY,))]))
    next(reading)
    with path.open("r+b") as file:
        file.truncate(2000)
    if fate == "vanishes":
        path.unlink()
    with pytest.raises(VideoError, match="while it was being read"):
        list(reading)


def test_a_long_last_frame_is_no_early_end(tmp_path: Path) -> None:
    path = tmp_path / "slides.mp4"
    write_video(path, 3, times_s=[0, 5, 10])
    stats = ReadStats()
    samples = [e for e in read(path, [ClipRequest(0, Window(0, 60), (EVERY,))], stats=stats) if isinstance(e, Sample)]
    assert [s.t_s for s in samples] == pytest.approx([0, 5, 10])
    assert not stats.damaged


class Flipbook:
    """A backend of 10 frames a second for 3 seconds, without a file."""

    def __init__(self) -> None:
        self.given = -1
        self.closed = False

    def frame_at_or_after(self, t_s: float) -> Any:
        self.given = max(self.given + 1, math.ceil(t_s * 10 - 1e-6))
        return Page(self.given / 10) if self.given < 30 else None

    def close(self) -> None:
        self.closed = True


class Page:
    def __init__(self, t_s: float) -> None:
        self.t_s = t_s

    def image(self, short_side_px: int | None, color: str) -> Any:
        return np.full((1, 1), round(self.t_s * 10), np.uint8)


def test_another_backend_fits_behind_the_reader(tmp_path: Path) -> None:
    backend = Flipbook()
    clips = [ClipRequest("a", Window(0.5, 0.9), (EVERY,)), ClipRequest("b", Window(2.5, 9), (FrameRequest(5),))]
    events = list(read(tmp_path, clips, open_source=lambda _path, _stats: backend))
    assert [int(e.image[0, 0]) for e in events if isinstance(e, Sample)] == [5, 6, 7, 8, 25, 27, 29]
    assert [e for e in events if isinstance(e, ClipEnd)] == [ClipEnd("a", 4), ClipEnd("b", 3)]
    assert backend.closed


def test_a_first_picture_before_zero_is_the_first_whether_or_not_the_reader_leaps(tmp_path: Path) -> None:
    file = tmp_path / "early.webm"
    options = {"deadline": "realtime", "cpu-used": "8"}
    as_it_is = {"avoid_negative_ts": "disabled"}
    write_video(file, 120, codec="libvpx-vp9", start_s=-1.0, options=options, container_options=as_it_is)
    asked = [ClipRequest("it", Window(0.0, 9.0), (EVERY,))]
    leapt, through = ([s for s in read(file, asked, seek=seek) if isinstance(s, Sample)] for seek in (True, False))
    assert [number_of(s.image) for s in leapt] == list(range(120))
    assert [s.t_s for s in leapt] == [s.t_s for s in through]


def test_an_empty_packet_repeats_the_picture_before_and_ends_nothing(tmp_path: Path) -> None:
    """Theora writes one where nothing changes; to a decoder, an empty packet means that no more will come."""
    write_video(tmp_path / "whole.mp4", 60)
    stats = ReadStats()
    source = PyAVSource(tmp_path / "whole.mp4", stats)
    empty = av.Packet(0)
    empty.pts = 1
    source._decode(empty)
    times_s = []
    while (picture := source.frame_at_or_after(-1.0)) is not None:
        times_s.append(picture.t_s)
    source.close()
    assert len(times_s) == 60
    assert not stats.damaged
