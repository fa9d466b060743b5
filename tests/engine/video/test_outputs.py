"""Cut clips, previews, stills, shots and checksums, checked by the numbers burnt into their frames."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import VideoError
from engine.video.cut import cut
from engine.video.preview import make_preview
from engine.video.probe import probe
from engine.video.shots import find_shots
from engine.video.thumbnail import ClipStills, make_sprite, make_thumbnail, make_thumbnails
from engine.video.types import ReadStats
from engine.video.windows import Window
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from pathlib import Path

UNEVEN_S = [i / 30 + (i % 5) * 0.003 for i in range(120)]


def decoded(path: Path) -> list[tuple[float, Any]]:
    """Every frame as plain PyAV shows it: `(seconds, RGB)`."""
    with av.open(str(path)) as container:
        return [(float(f.pts * f.time_base), f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("constant.mp4", {}),
        ("b-frames.mp4", {"b_frames": 4, "gop": 30}),
        ("uneven.mp4", {"times_s": UNEVEN_S, "start_s": 3.0}),
        ("turned-90.mp4", {"rotation_deg": 90}),
        ("turned-180.mp4", {"rotation_deg": 180}),
        ("turned-270.mp4", {"rotation_deg": 270}),
        ("odd.mkv", {"codec": "ffv1", "size": (101, 67), "pix_fmt": "yuv444p"}),
        ("ten-bit.mp4", {"pix_fmt": "yuv420p10le"}),
        ("hevc.mp4", {"codec": "libx265"}),
    ],
)
@pytest.mark.parametrize("window", [Window(0, 0.5), Window(1.0, 2.0), Window(1.234, 3.021), Window(3.5, 9)])
def test_a_cut_has_exactly_the_frames_of_its_window(tmp_path: Path, name: str, how: Any, window: Window) -> None:
    source, out = tmp_path / name, tmp_path / "cut.mp4"
    times_s = write_video(source, 120, **how)
    wanted = [i for i, t in enumerate(times_s) if window.contains(t)]
    told: list[float] = []
    assert cut(source, window, out, progress=told.append) == len(wanted)
    frames = decoded(out)
    assert [number_of(image) for _, image in frames] == wanted
    first_s = times_s[wanted[0]]
    tick_s = 0.0011 if name.endswith(".mkv") else 2e-4
    assert np.allclose([t for t, _ in frames], [times_s[i] - first_s for i in wanted], atol=tick_s)
    info = probe(out)
    assert (info.codec, info.pix_fmt, info.rotation_deg, info.start_s) == ("h264", "yuv420p", 0, 0)
    assert info.browser_playable
    assert not info.has_audio
    end_s = min(window.end_s, times_s[wanted[-1] + 1] if wanted[-1] + 1 < 120 else times_s[-1] + 1 / 30)
    assert info.duration_s == pytest.approx(end_s - first_s, abs=0.003)
    assert told == sorted(told)
    assert told[-1] == 1.0
    data = out.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "faststart"


def test_a_cut_can_be_made_smaller(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 30, size=(320, 180), rotation_deg=90)
    cut(tmp_path / "a.mp4", Window(0, 1), tmp_path / "cut.mp4", max_short_side_px=75)
    info = probe(tmp_path / "cut.mp4")
    assert (info.width, info.height) == (132, 74)


def test_cancelling_or_failing_leaves_nothing_behind(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 60)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(Cancelled):
        cut(tmp_path / "a.mp4", Window(0, 2), out / "cut.mp4", cancelled=iter([False] * 9 + [True]).__next__)
    with pytest.raises(VideoError, match="no frame between 50 s and 51 s"):
        cut(tmp_path / "a.mp4", Window(50, 51), out / "cut.mp4")
    assert list(out.iterdir()) == []
    with pytest.raises(VideoError, match="can't be written"):
        cut(tmp_path / "a.mp4", Window(0, 1), out / "absent" / "cut.mp4")
    with pytest.raises(VideoError, match="source itself"):
        cut(tmp_path / "a.mp4", Window(0, 1), tmp_path / "a.mp4")


def test_a_preview_is_the_whole_video_for_browsers(tmp_path: Path) -> None:
    source, out = tmp_path / "big.avi", tmp_path / "preview.mp4"
    write_video(source, 20, codec="mpeg4", size=(720, 576))
    told: list[float] = []
    assert make_preview(source, out, progress=told.append) == 20
    info = probe(out)
    assert (info.width, info.height) == (674, 540)
    assert info.browser_playable
    assert info.duration_s == pytest.approx(20 / 30, abs=0.01)
    assert [number_of(image) for _, image in decoded(out)] == list(range(20))
    assert told[-1] == 1.0


@pytest.mark.parametrize("range_and_matrix", [(1, 1), (2, 1), (1, 5), (2, 5)])
def test_a_cut_keeps_the_colors(tmp_path: Path, range_and_matrix: tuple[int, int]) -> None:
    color_range, colorspace = range_and_matrix
    planes = np.full((96, 64), 0, np.uint8)
    planes[:64], planes[64:80], planes[80:] = 130, 90, 170
    frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
    frame.color_range, frame.colorspace = color_range, colorspace
    write_video(tmp_path / "a.mp4", [frame], color_range=color_range, colorspace=colorspace)
    cut(tmp_path / "a.mp4", Window(0, 1), tmp_path / "cut.mp4", crf=1)
    make_thumbnail(tmp_path / "a.mp4", 0, tmp_path / "a.jpg")
    make_thumbnail(tmp_path / "cut.mp4", 0, tmp_path / "b.jpg")
    before, after = (cv2.imread(str(tmp_path / name)).astype(int) for name in ("a.jpg", "b.jpg"))
    assert np.abs(before - after).max() <= 4


def test_a_thumbnail_shows_the_frame_asked_for(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 90, size=(320, 240))
    assert make_thumbnail(tmp_path / "a.mp4", 1.99, tmp_path / "a.jpg") == pytest.approx(2.0)
    image = cv2.imread(str(tmp_path / "a.jpg"))
    assert image.shape == (240, 320, 3)
    assert number_of(image) == 60
    assert make_thumbnail(tmp_path / "a.mp4", 99, tmp_path / "a.jpg") == 0, "past the end: the first frame"


def test_a_sprite_spreads_its_tiles_over_the_window(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 90, size=(320, 240))
    sprite = make_sprite(tmp_path / "a.mp4", Window(1, 2), tmp_path / "s.jpg", 3, n=5)
    assert (sprite.count, sprite.columns, sprite.rows, sprite.tile_width, sprite.tile_height) == (5, 3, 2, 160, 120)
    image = cv2.imread(str(tmp_path / "s.jpg"))
    assert image.shape == (240, 480, 3)
    tiles = [image[r * 120 : (r + 1) * 120, c * 160 : (c + 1) * 160] for r in range(2) for c in range(3)][:5]
    assert [number_of(tile) for tile in tiles] == [30, 36, 42, 48, 54]
    with pytest.raises(VideoError, match="no frame between"):
        make_sprite(tmp_path / "a.mp4", Window(70, 71), tmp_path / "s.jpg")


def test_stills_of_many_clips_take_one_pass(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 180)
    clips = [
        ClipStills(k, Window(k * 0.5, k * 0.5 + 2), tmp_path / f"{k}.jpg", tmp_path / f"{k}-sprite.jpg")
        for k in range(8)
    ]
    clips += [ClipStills("brief", Window(3.01, 3.04), tmp_path / "brief.jpg", tmp_path / "brief-sprite.jpg")]
    clips += [ClipStills("beyond", Window(80, 81), tmp_path / "beyond.jpg")]
    stats = ReadStats()
    made = {stills.key: stills for stills in make_thumbnails(tmp_path / "a.mp4", clips, stats=stats)}
    assert stats.frames_decoded <= 188
    assert [number_of(cv2.imread(str(tmp_path / f"{k}.jpg"))) for k in range(8)] == [30 + 15 * k for k in range(8)]
    assert number_of(cv2.imread(str(tmp_path / "brief.jpg"))) == 91
    assert made["brief"].sprite == made[0].sprite
    assert made["beyond"].error
    assert not (tmp_path / "beyond.jpg").exists()


def test_shots_are_found_where_the_picture_changes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    scenes = [cv2.resize(rng.integers(0, 255, (6, 8, 3), np.uint8), (192, 128)) for _ in range(3)]
    pictures = [np.roll(scenes[i // 40], i, axis=1) for i in range(120)]
    frames = [av.VideoFrame.from_ndarray(p, "rgb24").reformat(format="yuv420p") for p in pictures]
    times_s = write_video(tmp_path / "a.mp4", frames, times_s=[i / 30 + (i % 3) * 0.004 for i in range(120)])
    told: list[float] = []
    shots = find_shots(tmp_path / "a.mp4", progress=told.append)
    assert [s.start_s for s in shots] == pytest.approx([0, times_s[40], times_s[80]], abs=1e-4)
    assert all(a.end_s == b.start_s for a, b in pairwise(shots))
    assert shots[-1].end_s == pytest.approx(4.0, abs=0.05)
    assert told[-1] <= 1.0
