"""Times are those of the frames in every container that FFmpeg writes, however its packets tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import VideoError
from engine.video.cut import cut
from engine.video.probe import probe
from engine.video.reader import read
from engine.video.thumbnail import make_thumbnail
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 60
EVERY = FrameRequest()
FPS = 30
VARIABLE_S = [i / FPS + (0.006 if i % 3 == 1 else 0.0) + (0.5 if i >= 40 else 0.0) for i in range(FRAMES)]
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}

# Container → the codecs that fit, in every way that it can hold them.
MPEG2: dict[str, Any] = {"codec": "mpeg2video", "size": (192, 128), "options": {"b": "4M"}}
MPEG4: dict[str, Any] = {"codec": "mpeg4"}
HEVC: dict[str, Any] = {"codec": "libx265", "b_frames": 3}
VP8: dict[str, Any] = {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8", "b": "2M"}}
KINDS: dict[str, dict[str, Any]] = {
    **{
        f"{name}-{b_frames}b.{suffix}": {"b_frames": b_frames, **how}
        for b_frames in (0, 3)
        for suffix, name, how in [
            *((suffix, "h264", {}) for suffix in ("mp4", "mov", "mkv", "avi", "ts", "flv", "3gp", "mpg", "asf", "nut")),
            ("mxf", "h264", {}),
            ("h264", "bare", {"container": "h264"}),
            ("m2v", "bare-mpeg2", {**MPEG2, "container": "mpeg2video"}),
            ("m4v", "bare-mpeg4", {**MPEG4, "container": "m4v"}),
            *((suffix, "mpeg2", MPEG2) for suffix in ("mpg", "avi", "ts", "mxf", "mkv")),
            *((suffix, "mpeg4", MPEG4) for suffix in ("avi", "mp4", "3gp", "nut")),
            ("mp4", "fragments", {"container_options": FRAGMENTED}),
        ]
    },
    "hevc.mp4": HEVC,
    "hevc.mkv": HEVC,
    "hevc.ts": HEVC,
    "bare.hevc": {**HEVC, "container": "hevc"},
    "vp8.webm": VP8,
    "vp8.ivf": VP8,
    "vp8.ogv": VP8,
    "wmv2.wmv": {"codec": "wmv2", "options": {"b": "2M"}},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "variable.mp4": {"times_s": VARIABLE_S, "b_frames": 3},
    "variable.mov": {"times_s": VARIABLE_S, "b_frames": 3},
    "variable.mkv": {"times_s": VARIABLE_S, "b_frames": 3},
    "variable.ts": {"times_s": VARIABLE_S, "b_frames": 3},
    "variable.flv": {"times_s": VARIABLE_S, "b_frames": 3},
    "variable.nut": {"times_s": VARIABLE_S, "b_frames": 3},
    "late.mp4": {"start_s": 2.0, "b_frames": 3},
    "late.mkv": {"start_s": 2.0, "b_frames": 3},
    "late.ts": {"start_s": 50.0, "b_frames": 3},
    "late.flv": {"start_s": 2.0, "b_frames": 3},
    "one-group.avi": {"gop": 1000, "b_frames": 3},
    "open-groups.avi": {"b_frames": 3, "options": {"x264-params": "open-gop=1"}},
    **{
        f"rate-{fps}.{suffix}": {"fps": fps, "b_frames": 2} for fps in (15, 25, 60) for suffix in ("avi", "h264", "mkv")
    },
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list[float]]]:
    """Makes a kind of file once, on demand, and says when its frames are shown."""
    folder = tmp_path_factory.mktemp("containers")
    ready: dict[str, tuple[Path, list[float]]] = {}

    def make(kind: str) -> tuple[Path, list[float]]:
        if kind not in ready:
            ready[kind] = folder / kind, write_video(folder / kind, FRAMES, **KINDS[kind])
        return ready[kind]

    return make


def fps_of(kind: str) -> float:
    return float(KINDS[kind].get("fps", FPS))


def samples(path: Path, window: Window, *, seek: bool = True, stats: ReadStats | None = None) -> list[Sample]:
    request = ClipRequest("clip", window, (EVERY,))
    return [event for event in read(path, [request], seek=seek, stats=stats) if isinstance(event, Sample)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_has_the_time_at_which_it_was_written(kind: str, made: Any) -> None:
    path, times_s = made(kind)
    stats = ReadStats()
    seen = samples(path, Window(0, 1000), stats=stats)
    assert [number_of(sample.image) for sample in seen] == list(range(FRAMES))
    shown_s = np.array([sample.t_s for sample in seen])
    assert shown_s[0] == 0
    assert np.all(np.diff(shown_s) > 0)
    assert np.max(np.abs(shown_s - times_s)) < 0.5 / fps_of(kind)
    assert not stats.damaged


@pytest.mark.parametrize("kind", KINDS)
def test_the_length_and_the_rate_are_those_of_the_frames(kind: str, made: Any) -> None:
    path, times_s = made(kind)
    info = probe(path)
    fps = fps_of(kind)
    assert info.duration_s == pytest.approx(times_s[-1] + 1 / fps, abs=0.5 / fps)
    mean = (FRAMES - 1) / times_s[-1]
    assert min(abs(info.fps - fps), abs(info.fps - mean)) < 0.03 * fps
    assert info.damage == ""


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, FRAMES - 1), length=st.integers(1, 20))
@pytest.mark.parametrize("kind", KINDS)
def test_leaping_gives_the_frames_that_decoding_through_gives(kind: str, made: Any, start: int, length: int) -> None:
    path, times_s = made(kind)
    window = Window(max(0.0, times_s[start] - 0.3 / fps_of(kind)), times_s[start] + length / fps_of(kind))
    leapt = [(number_of(sample.image), sample.t_s) for sample in samples(path, window)]
    through = [(number_of(sample.image), sample.t_s) for sample in samples(path, window, seek=False)]
    assert leapt == through
    assert leapt[0][0] == start


@pytest.mark.parametrize("kind", ["h264-3b.avi", "bare-3b.h264", "h264-3b.asf", "h264-3b.mpg"])
def test_cuts_and_thumbnails_keep_to_the_same_times(kind: str, made: Any, tmp_path: Path) -> None:
    import cv2

    path, _ = made(kind)
    assert cut(path, Window(0.99, 1.49), tmp_path / "cut.mp4") == 15
    seen = samples(tmp_path / "cut.mp4", Window(0, 10))
    assert [number_of(sample.image) for sample in seen] == list(range(30, 45))
    assert [sample.t_s for sample in seen] == pytest.approx([i / FPS for i in range(15)], abs=0.002)
    assert make_thumbnail(path, 0.99, tmp_path / "a.jpg") == pytest.approx(1.0, abs=0.002)
    assert number_of(cv2.imread(str(tmp_path / "a.jpg"))) == 30


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "flv"])
def test_a_pause_of_the_recorder_is_no_damage(suffix: str, tmp_path: Path) -> None:
    times_s = [i / FPS + (20.0 if i >= 60 else 0.0) for i in range(120)]
    write_video(tmp_path / f"pause.{suffix}", 120, times_s=times_s, b_frames=3)
    info = probe(tmp_path / f"pause.{suffix}")
    assert info.damage == ""
    assert info.duration_s == pytest.approx(24.0, abs=0.1)
    stats = ReadStats()
    seen = samples(tmp_path / f"pause.{suffix}", Window(0, 100), stats=stats)
    assert [number_of(sample.image) for sample in seen] == list(range(120))
    assert not stats.damaged


@pytest.mark.parametrize("suffix", ["hevc", "mjpeg", "obu"])
def test_a_bare_stream_without_a_rate_is_refused_in_words(suffix: str, tmp_path: Path) -> None:
    how: dict[str, Any] = {
        "hevc": {"codec": "libx265", "options": {"x265-params": "log-level=none:vui-timing-info=0"}},
        "mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
        "obu": {"codec": "libsvtav1"},
    }[suffix]
    write_video(tmp_path / f"bare.{suffix}", 10, container=suffix, **how)
    with pytest.raises(VideoError, match="does not say how many of them make a second") as caught:
        probe(tmp_path / f"bare.{suffix}")
    assert "container" in caught.value.remedy


@pytest.mark.parametrize("suffix", ["ts", "mpg"])
@pytest.mark.parametrize("frames", [(60, 60), (40, 90), (90, 40)])
def test_recordings_that_were_joined_are_never_half_of_themselves_without_a_word(
    suffix: str, frames: tuple[int, int], tmp_path: Path
) -> None:
    codec = {"ts": "libx264", "mpg": "mpeg2video"}[suffix]
    joined = tmp_path / f"joined.{suffix}"
    with joined.open("wb") as file:
        for number, count in enumerate(frames):
            part = tmp_path / f"{number}.{suffix}"
            write_video(part, count, codec=codec)
            assert probe(part).damage == ""
            file.write(part.read_bytes())
    found = probe(joined)
    if suffix == "mpg":
        assert found.damage == ""
        assert found.duration_s == pytest.approx(sum(frames) / 30, abs=0.1)
    else:
        assert "its clock starts again once" in found.damage
        assert found.duration_s == pytest.approx(max(frames) / 30, abs=0.2)
