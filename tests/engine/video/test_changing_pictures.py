"""Pictures may change their size and format within a file: all are scaled to the first's, and it is said from when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from engine.features.base import Clip
from engine.features.exposure import Exposure
from engine.features.extract import extract_video
from engine.features.hands import Hands
from engine.features.motion import Motion
from engine.features.resources import Resources
from engine.features.sharpness import Sharpness
from engine.video.cut import cut
from engine.video.preview import make_preview
from engine.video.probe import probe
from engine.video.reader import read
from engine.video.shots import find_shots
from engine.video.thumbnail import make_sprite, make_thumbnail
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.engine.features.scenes import rgb, view
from tests.synthetic_video import number_of, numbered, write_changing_video

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FIRST, THEN = (426, 320), (284, 214)
CHANGE_S = 1.5


def frames_of(pictures: Iterable[Any], pix_fmt: str = "yuv420p") -> list[Any]:
    return [av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pix_fmt) for picture in pictures]


def panning(numbers: range, size: tuple[int, int]) -> list[Any]:
    return [cv2.resize(rgb(view(2 * k)), size, interpolation=cv2.INTER_AREA) for k in numbers]


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a panning camera; after half of them the pictures are smaller and in 4:4:4."""
    path = tmp_path_factory.mktemp("changing") / "v.ts"
    parts = [frames_of(panning(range(45), FIRST)), frames_of(panning(range(45, 90), THEN), "yuv444p")]
    write_changing_video(path, parts)
    with av.open(str(path)) as container:
        shown = [(frame.width, frame.height, frame.format.name) for frame in container.decode(video=0)]
    assert shown == [(*FIRST, "yuv420p")] * 45 + [(*THEN, "yuv444p")] * 45, "the file is what it should be"
    return path


def test_every_picture_has_the_first_ones_size_and_it_is_said_from_when(changing: Path) -> None:
    stats = ReadStats()
    asked = (FrameRequest(), FrameRequest(None, 100, "gray"))
    events = list(read(changing, [ClipRequest(0, Window(0, 9), asked)], stats=stats))
    samples = [event for event in events if isinstance(event, Sample)]
    assert {sample.image.shape for sample in samples} == {(320, 426, 3), (100, 133)}
    assert len(samples) == 180
    assert all(sample.image.flags.c_contiguous for sample in samples)
    assert stats.size_change is not None
    assert stats.size_change.t_s == pytest.approx(CHANGE_S, abs=0.001)
    assert str(stats.size_change) == (
        "from 1.50 s on its pictures are 284 × 214 px, not 426 × 320 as at first; they are scaled to that."
    )


def test_a_size_that_stays_is_no_change(tmp_path: Path) -> None:
    write_changing_video(tmp_path / "v.ts", [frames_of(panning(range(20), FIRST))])
    stats = ReadStats()
    list(read(tmp_path / "v.ts", [ClipRequest(0, Window(0, 9), (FrameRequest(),))], stats=stats))
    assert stats.size_change is None


def test_every_extractor_measures_across_the_change(changing: Path) -> None:
    """Motion and hands compare two pictures: of two sizes, OpenCV would end with an assertion."""
    hands = Hands(resources=Resources(download=False))
    hands.prepare()
    extractors: list[Any] = [Sharpness(), Exposure(), Motion(), hands]
    clips = [Clip("before", Window(0, 1.4)), Clip("across", Window(0.5, 2.5)), Clip("after", Window(1.6, 2.9))]
    found = {one.key: one for one in extract_video(changing, clips, extractors)}
    assert {key: one.failures for key, one in found.items()} == {key: {} for key in ("before", "across", "after")}
    speeds = [one.results["motion"].values["camera_speed_mean"] for one in found.values()]
    assert speeds == pytest.approx([speeds[0]] * 3, rel=0.05), "the camera pans evenly all the while"
    track = found["after"].results["hands"].track
    assert track is not None
    assert track["frame_size"].tolist() == [426, 320]


def test_a_clip_after_the_change_is_the_same_by_seeking(changing: Path) -> None:
    clip = [ClipRequest(0, Window(2.0, 2.4), (FrameRequest(),))]
    sought, through = ([e for e in read(changing, clip, seek=seek) if isinstance(e, Sample)] for seek in (True, False))
    assert len(sought) == len(through) == 12
    for one, other in zip(sought, through, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_pictures_shots_cuts_and_previews_go_through_the_change(changing: Path, tmp_path: Path) -> None:
    sprite = make_sprite(changing, Window(0, 3), tmp_path / "sprite.jpg")
    tiles = cv2.imread(str(tmp_path / "sprite.jpg"))
    last = tiles[-sprite.tile_height :, -sprite.tile_width :]
    assert last.mean() > 60, "a tile of the second size is no black hole"
    make_thumbnail(changing, 2.0, tmp_path / "thumbnail.jpg", short_side_px=160)
    assert cv2.imread(str(tmp_path / "thumbnail.jpg")).shape == (160, 213, 3)
    assert find_shots(changing)[0].start_s == 0
    stats = ReadStats()
    assert cut(changing, Window(1.0, 2.0), tmp_path / "cut.mp4", stats=stats) == 30
    assert stats.size_change is not None
    assert make_preview(changing, tmp_path / "preview.mp4") == 90
    for name in ("cut.mp4", "preview.mp4"):
        info = probe(tmp_path / name)
        assert (info.width, info.height) == FIRST
        samples = list(read(tmp_path / name, [ClipRequest(0, Window(0, 9), (FrameRequest(),))]))
        images = [e.image for e in samples if isinstance(e, Sample)]
        assert all(image.shape == (320, 426, 3) and image.std() > 10 for image in images)


def test_colours_stay_where_the_second_size_means_another_matrix(tmp_path: Path) -> None:
    """Untagged pictures are BT.601 below 720 lines and BT.709 from there: a cut says one of them for the whole file."""
    color = (180, 70, 60)
    parts = []
    for size, matrix in (((640, 480), "ITU601"), ((1280, 720), "ITU709")):
        flat = np.full((size[1], size[0], 3), color, np.uint8)
        frame = av.VideoFrame.from_ndarray(flat, "rgb24")
        parts.append(
            [frame.reformat(format="yuv420p", dst_colorspace=matrix, dst_color_range="MPEG") for _ in range(9)]
        )
        for picture in parts[-1]:
            picture.colorspace = 2
    write_changing_video(tmp_path / "v.ts", parts)
    cut(tmp_path / "v.ts", Window(0, 0.6), tmp_path / "cut.mp4")
    for path in (tmp_path / "v.ts", tmp_path / "cut.mp4"):
        samples = [e for e in read(path, [ClipRequest(0, Window(0, 9), (FrameRequest(),))]) if isinstance(e, Sample)]
        assert len(samples) == 18
        for sample in samples:
            assert np.abs(sample.image.mean(axis=(0, 1)) - color).max() < 3


def test_numbers_are_read_from_pictures_of_both_sizes(tmp_path: Path) -> None:
    sizes = ((96, 64), (192, 128))
    parts = [frames_of(numbered(k + 10 * n, *size) for k in range(10)) for n, size in enumerate(sizes)]
    write_changing_video(tmp_path / "v.ts", parts)
    samples = list(read(tmp_path / "v.ts", [ClipRequest(0, Window(0, 9), (FrameRequest(),))]))
    assert [number_of(e.image) for e in samples if isinstance(e, Sample)] == list(range(20))
