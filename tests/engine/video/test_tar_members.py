"""A video inside a tar gives the same facts, frames, clips and features as the same file by itself, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.errors import VideoError
from engine.video.cut import cut
from engine.video.preview import make_preview
from engine.video.probe import looks_like_video, probe
from engine.video.reader import read
from engine.video.shots import find_shots
from engine.video.thumbnail import make_thumbnail
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window
from tests.synthetic_video import number_of, write_video
from tests.tars import member_place, write_tar

if TYPE_CHECKING:
    from pathlib import Path

    from engine.files.place import FilePlace

KINDS: dict[str, dict[str, Any]] = {
    "b-frames.mp4": {"b_frames": 4, "gop": 25},
    "index-in-front.mp4": {"container_options": {"movflags": "faststart"}},
    "fragments.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "late-start.mov": {"start_s": 1.7, "audio": True},
    "constant.mkv": {},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "open-gop.ts": {"b_frames": 3, "options": {"x264-params": "open-gop=1"}},
    "motion-jpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "size": (98, 66)},
    "hevc.mp4": {"codec": "libx265", "b_frames": 3},
}
WINDOWS = [Window(0.0, 0.6), Window(1.5, 2.0), Window(4.1, 4.5)]


@pytest.fixture(params=sorted(KINDS))
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, FilePlace]:
    """A file by itself, and the same between two others in a tar whose name would confuse a list of options."""
    path = tmp_path / request.param
    write_video(path, 140, **KINDS[request.param])
    other = tmp_path / "other.mp4"
    write_video(other, 30)
    tar = tmp_path / "a, b:,,end,5,,:file|x.tar"
    write_tar(tar, [("000.mp4", other), (f"f/{path.name}", path), ("002.mp4", other)])
    return path, member_place(tar, f"f/{path.name}")


def test_members_are_read_as_files_are(pair: tuple[Path, FilePlace], tmp_path: Path) -> None:
    path, place = pair
    assert probe(place) == probe(place.address) == probe(path)
    assert looks_like_video(place)
    requests = [ClipRequest(n, window, (FrameRequest(),)) for n, window in enumerate(WINDOWS)]
    own, inside = ([e for e in read(of, requests) if isinstance(e, Sample)] for of in (path, place.address))
    assert len(own) > 30
    assert [number_of(sample.image) for sample in inside] == [number_of(sample.image) for sample in own]
    for one, other in zip(own, inside, strict=True):
        assert (one.key, one.t_s) == (other.key, other.t_s)
        assert np.array_equal(one.image, other.image)
    for number, of in enumerate((path, place.address)):
        cut(of, WINDOWS[1], tmp_path / f"cut-{number}.mp4")
        make_thumbnail(of, 1.0, tmp_path / f"picture-{number}.jpg")
    for name in ("cut-{}.mp4", "picture-{}.jpg"):
        assert (tmp_path / name.format(0)).read_bytes() == (tmp_path / name.format(1)).read_bytes()


def test_shots_and_previews_of_a_member(tmp_path: Path) -> None:
    path, tar = tmp_path / "own.mp4", tmp_path / "a.tar"
    write_video(path, 60)
    write_tar(tar, [("own.mp4", path)])
    place = member_place(tar, "own.mp4")
    assert find_shots(place.address) == find_shots(path)
    made = [make_preview(of, tmp_path / f"{n}.mp4") for n, of in enumerate((path, place.address))]
    assert made == [60, 60]
    assert (tmp_path / "0.mp4").read_bytes() == (tmp_path / "1.mp4").read_bytes()


def test_a_member_that_is_no_video_is_refused_with_its_name(tmp_path: Path) -> None:
    tar = tmp_path / "a.tar"
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    concat = b"ffconcat version 1.0\nfile 'file:/etc/passwd'\n"
    write_tar(
        tar,
        [
            *[("a.mp4", playlist), ("b.mp4", concat), ("c.mp4", b"x" * 5000)],
            *[("d.heic", b"\0\0\0\x18ftypheic" * 9), ("e.mp4", b"")],
        ],
    )
    for name in ("a.mp4", "b.mp4", "c.mp4", "d.heic", "e.mp4"):
        with pytest.raises(VideoError, match=rf"a\.tar › {name}"):
            probe(member_place(tar, name).address)


def test_a_member_that_is_cut_short_within_the_tar_is_refused(tmp_path: Path) -> None:
    """What follows in the tar must not be taken for its rest."""
    path, tar = tmp_path / "own.mp4", tmp_path / "a.tar"
    write_video(path, 60, container_options={"movflags": "faststart"})
    half = path.read_bytes()[: path.stat().st_size // 2]
    write_tar(tar, [("half.mp4", half), ("own.mp4", path)])
    with pytest.raises(VideoError, match="is cut short"):
        probe(member_place(tar, "half.mp4"))


def test_a_tar_that_is_written_anew_is_noticed_before_and_while_it_is_read(tmp_path: Path) -> None:
    path, tar = tmp_path / "own.mp4", tmp_path / "a.tar"
    write_video(path, 140, size=(240, 160), codec="mjpeg", pix_fmt="yuvj420p")
    assert path.stat().st_size > 200_000, "more than is read ahead"
    write_tar(tar, [("one.mp4", path), ("two.mp4", path)])
    place = member_place(tar, "two.mp4")
    events = read(place, [ClipRequest("a", Window(0, 4), (FrameRequest(),))])
    next(events)
    tar.write_bytes(tar.read_bytes()[: place.member.offset + 3000] if place.member else b"")
    with pytest.raises(VideoError, match="changed while it was being read"):
        list(events)
    with pytest.raises(VideoError, match="cut short"):
        probe(place)


def test_clips_are_not_written_over_the_tar_that_they_come_from(tmp_path: Path) -> None:
    path, tar = tmp_path / "own.mp4", tmp_path / "a.tar"
    write_video(path, 30)
    write_tar(tar, [("own.mp4", path)])
    before = tar.read_bytes()
    with pytest.raises(VideoError, match="is the source itself"):
        cut(member_place(tar, "own.mp4"), Window(0, 0.5), tar)
    assert tar.read_bytes() == before
