"""Good files say what they hold; each kind of bad file has a message of its own."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from engine.errors import VideoError
from engine.video.probe import looks_like_video, probe
from tests.synthetic_video import write_audio_only, write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_what_a_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "plain.mp4"
    write_video(path, 60, fps=25, audio=True)
    info = probe(path)
    assert (info.width, info.height, info.codec, info.pix_fmt, info.container) == (96, 64, "h264", "yuv420p", "mp4")
    assert info.duration_s == pytest.approx(60 / 25)
    assert info.fps == pytest.approx(25)
    assert (info.frame_count, info.has_audio, info.rotation_deg, info.has_telemetry) == (60, True, 0, False)
    assert info.variable_frame_rate is False
    assert info.browser_playable
    assert info.size_bytes == path.stat().st_size


def test_variable_rate_and_late_start_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "phone.mp4"
    write_video(path, 40, times_s=[i / 30 + (i % 4) * 0.004 for i in range(40)], start_s=2.5)
    info = probe(path)
    assert info.variable_frame_rate
    assert info.start_s == pytest.approx(2.5)
    assert info.duration_s == pytest.approx(40 / 30, abs=0.05)


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_sizes_are_upright(tmp_path: Path, rotation_deg: int) -> None:
    path = tmp_path / "turned.mp4"
    write_video(path, 3, rotation_deg=rotation_deg)
    info = probe(path)
    assert (info.width, info.height, info.rotation_deg) == (96, 64, rotation_deg)


@pytest.mark.parametrize(
    ("name", "how", "playable"),
    [
        ("h264.mp4", {}, True),
        ("h264.mov", {}, True),
        ("vp9.webm", {"codec": "libvpx-vp9"}, True),
        ("av1.mp4", {"codec": "libsvtav1"}, True),
        ("h264.mkv", {}, False),
        ("h264.ts", {}, False),
        ("ten-bit.mp4", {"pix_fmt": "yuv420p10le"}, False),
        ("444.mp4", {"pix_fmt": "yuv444p"}, False),
        ("hevc.mp4", {"codec": "libx265"}, False),
        ("mpeg4.avi", {"codec": "mpeg4"}, False),
        ("mjpeg.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}, False),
    ],
)
def test_what_a_browser_plays(tmp_path: Path, name: str, how: dict[str, Any], playable: bool) -> None:
    path = tmp_path / name
    write_video(path, 5, **how)
    assert probe(path).browser_playable is playable
    assert looks_like_video(path)


def test_a_single_frame_is_a_video(tmp_path: Path) -> None:
    path = tmp_path / "one.mp4"
    write_video(path, 1)
    info = probe(path)
    assert info.frame_count == 1
    assert info.duration_s > 0


def test_an_8k_frame_is_read(tmp_path: Path) -> None:
    path = tmp_path / "8k.mp4"
    grey = av.VideoFrame.from_ndarray(np.full((4320 * 3 // 2, 7680), 128, np.uint8), "yuv420p")
    write_video(path, [grey], options={"preset": "ultrafast", "crf": "40"})
    assert path.stat().st_size < 200_000
    assert (probe(path).width, probe(path).height) == (7680, 4320)


@pytest.mark.parametrize(
    "name", ["two words.mp4", 'it\'s "quoted".mp4', "line\nbreak.mp4", "🎥.mp4", "concat:a|b.mp4", "%03d.mp4", "-i.mp4"]
)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_video(tmp_path / "plain.mp4", 3)
    (tmp_path / "plain.mp4").rename(path)
    assert probe(path).width == 96


def test_names_that_are_not_utf8_will_do(tmp_path: Path) -> None:
    write_video(tmp_path / "plain.mp4", 3)
    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    (tmp_path / "plain.mp4").rename(path)
    assert probe(path).width == 96
    path.write_bytes(b"")
    with pytest.raises(VideoError, match="zero bytes") as caught:
        probe(path)
    str(caught.value).encode()


@pytest.fixture
def bad(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """One of each kind of file that is no readable video."""
    files = {name: tmp_path / name for name in ("fifo", "folder.mp4", "absent.mp4", "dangling.mp4", "socket")}
    os.mkfifo(files["fifo"])
    files["folder.mp4"].mkdir()
    files["dangling.mp4"].symlink_to(tmp_path / "gone.mp4")
    plain = tmp_path / "plain.mp4"
    write_video(plain, 30)
    data = plain.read_bytes()

    def add(name: str, content: bytes) -> None:
        files[name] = tmp_path / name
        files[name].write_bytes(content)

    add("empty.mp4", b"")
    add("text.mp4", b"Dear diary, today I did not film anything.\n" * 50)
    add("playlist.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nplain.mp4\n#EXT-X-ENDLIST\n")
    add("list.mp4", b"ffconcat version 1.0\nfile plain.mp4\n")
    add("truncated.mp4", data[: data.index(b"moov") - 20])
    add("unknown-codec.mp4", data.replace(b"avc1", b"zzz9"))
    add("encrypted.mp4", data.replace(b"avc1", b"encv"))
    start = data.index(b"mdat") + 4
    add("noise.mp4", data[:start] + bytes(data.index(b"moov") - 4 - start) + data[data.index(b"moov") - 4 :])
    add("picture.mp4", _png())
    add("heic.mp4", b"\0\0\0\x18ftypheic" + bytes(100))
    files["sound.mp4"] = tmp_path / "sound.mp4"
    write_audio_only(files["sound.mp4"])
    files["no-frames.mp4"] = tmp_path / "no-frames.mp4"
    _without_frames(files["no-frames.mp4"])
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(files["socket"]))
        yield files


REASONS = {
    "absent.mp4": "no such file",
    "dangling.mp4": "link to a file that is not there",
    "folder.mp4": "is a folder",
    "fifo": "named pipe",
    "socket": "is a socket",
    "empty.mp4": "zero bytes",
    "text.mp4": "not a video",
    "playlist.mp4": "not a video",
    "list.mp4": "not a video",
    "picture.mp4": "not a video",
    "heic.mp4": "still picture",
    "truncated.mp4": "cut short",
    "sound.mp4": "sound only",
    "unknown-codec.mp4": "codec that can't be decoded here (zzz9)",
    "encrypted.mp4": "encrypted",
    "noise.mp4": "no frame of it decodes",
    "no-frames.mp4": "without a single frame",
}


def test_each_bad_file_has_its_own_reason_and_a_remedy(bad: dict[str, Path]) -> None:
    said = {}
    for name in REASONS:
        with pytest.raises(VideoError) as caught:
            probe(bad[name])
        said[name] = caught.value.reason
        assert str(bad[name]) in str(caught.value)
        assert caught.value.remedy
    assert {name: reason for name, reason in REASONS.items() if reason not in said[name]} == {}, said


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    write_video(path, 3)
    path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(VideoError, match="permission denied"):
            probe(path)
    finally:
        if root:
            os.seteuid(0)


def test_what_is_met_in_a_folder_and_passed_over(tmp_path: Path, bad: dict[str, Path]) -> None:
    for name, content in {
        "README": b"hello " * 100,
        "notes.txt": b"x" * 999,
        "cover.png": _png(),
        "data.json": b"{}",
    }.items():
        (tmp_path / name).write_bytes(content)
        assert not looks_like_video(tmp_path / name)
    assert not looks_like_video(bad["fifo"])
    assert not looks_like_video(bad["folder.mp4"])
    (tmp_path / "unnamed").write_bytes((tmp_path / "plain.mp4").read_bytes())
    assert looks_like_video(tmp_path / "unnamed"), "content counts, not the suffix"
    (tmp_path / "broken").write_bytes(bad["truncated.mp4"].read_bytes())
    assert looks_like_video(tmp_path / "broken"), "broken videos are to be reported"
    assert looks_like_video(bad["text.mp4"]), "what calls itself a video is to be reported"


def _png() -> bytes:
    import cv2

    return bytes(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1])


def _without_frames(path: Path) -> None:
    with av.open(str(path), "w", options={"movflags": "empty_moov+frag_keyframe"}) as out:
        stream: Any = out.add_stream("libx264", rate=30)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        out.start_encoding()


def test_a_file_whose_pictures_lie_beyond_its_end_is_cut_short(tmp_path: Path) -> None:
    """The index is at the front, so the head of the file opens and even decodes."""
    write_video(tmp_path / "whole.mp4", 60, container_options={"movflags": "+faststart"})
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
    assert probe(tmp_path / "whole.mp4").frame_count == 60
    with pytest.raises(VideoError, match=rf"is cut short: its index speaks of .* {len(whole) // 2:,} are there"):
        probe(tmp_path / "half.mp4")


@pytest.mark.parametrize(
    ("name", "codec", "start_s", "audio", "playable"),
    [
        ("sound first.mp4", "libx264", 2.0, True, True),
        ("sound first.mov", "libx264", 2.0, True, True),
        ("late by 10 ms.mp4", "libx264", 0.01, False, True),
        # A browser is sent no further than the length that the container claims, without the empty beginning.
        ("silence first.mp4", "libx264", 2.0, False, False),
        # A WebM claims the time of its end.
        ("silence first.webm", "libvpx-vp9", 2.0, False, True),
    ],
)
def test_a_late_first_picture_is_noted_and_a_browser_gets_only_what_it_seeks_rightly(
    tmp_path: Path, name: str, codec: str, start_s: float, audio: bool, playable: bool
) -> None:
    write_video(tmp_path / name, 60, codec=codec, start_s=start_s, audio=audio, b_frames=0)
    info = probe(tmp_path / name)
    assert info.start_s == pytest.approx(start_s, abs=0.002)
    assert info.duration_s == pytest.approx(2.0, abs=0.05)
    assert info.browser_playable is playable


def test_a_first_picture_before_zero_is_not_given_to_a_browser(tmp_path: Path) -> None:
    options = {"avoid_negative_ts": "disabled"}
    write_video(tmp_path / "early.webm", 60, codec="libvpx-vp9", start_s=-1.0, container_options=options)
    info = probe(tmp_path / "early.webm")
    assert info.start_s == pytest.approx(-1.0, abs=0.02)
    assert info.browser_playable is False
