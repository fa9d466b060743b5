"""Colours come out as the standards' formulas say, whatever the matrix, range and depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

BT709, UNSPECIFIED, BT601 = 1, 2, 6
LIMITED, FULL = 1, 2
LUMA_WEIGHTS = {BT709: (0.2126, 0.0722), BT601: (0.299, 0.114)}
COLORS = [(60, 128, 128), (200, 128, 128), (110, 90, 170), (150, 160, 100)]


def rgb_of(color: tuple[int, int, int], matrix: int, color_range: int) -> np.ndarray[Any, Any]:
    """ITU-R BT.601 and BT.709: R'G'B' in 0–255 from 8-bit Y'CbCr."""
    y, cb, cr = color
    red, blue = LUMA_WEIGHTS[matrix]
    if color_range == LIMITED:
        luma, cb_, cr_ = (y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224
    else:
        luma, cb_, cr_ = y / 255, (cb - 128) / 255, (cr - 128) / 255
    r = luma + 2 * (1 - red) * cr_
    b = luma + 2 * (1 - blue) * cb_
    g = (luma - red * r - blue * b) / (1 - red - blue)
    return (np.array([r, g, b]) * 255).clip(0, 255)


def flat(color: tuple[int, int, int], size: tuple[int, int], depth: int) -> Any:
    width, height = size
    kind = np.uint8 if depth == 8 else np.uint16
    y, cb, cr = (np.array(color) << (depth - 8)).tolist()
    planes = np.empty((height * 3 // 2, width), kind)
    planes[:height], planes[height : height * 5 // 4], planes[height * 5 // 4 :] = y, cb, cr
    return av.VideoFrame.from_ndarray(planes, "yuv420p" if depth == 8 else "yuv420p10le")


def mean_colors(path: Path, short_side_px: int | None) -> list[np.ndarray[Any, Any]]:
    """Mean RGB and mean grey of the only frame."""
    wanted = tuple(FrameRequest(None, short_side_px, color) for color in ("rgb", "gray"))
    events = list(read(path, [ClipRequest(0, Window(0, 1), wanted)]))
    return [e.image.mean(axis=(0, 1)) for e in events if isinstance(e, Sample)]


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("color_range", [LIMITED, FULL])
@pytest.mark.parametrize("matrix", [BT601, BT709])
@pytest.mark.parametrize("color", COLORS)
def test_tagged_colors(tmp_path: Path, color: Any, matrix: int, color_range: int, depth: int) -> None:
    path = tmp_path / "flat.mp4"
    pix_fmt = "yuv420p" if depth == 8 else "yuv420p10le"
    options = {"crf": "1"}
    write_video(
        path,
        [flat(color, (64, 64), depth)],
        pix_fmt=pix_fmt,
        color_range=color_range,
        colorspace=matrix,
        options=options,
    )
    grey = (color[0] - 16) * 255 / 219 if color_range == LIMITED else color[0]
    for short_side_px in (None, 20):
        rgb, luma = mean_colors(path, short_side_px)
        assert np.abs(rgb - rgb_of(color, matrix, color_range)).max() <= 1.5
        assert abs(luma - grey) <= 1


@pytest.mark.parametrize(("size", "matrix"), [((640, 480), BT601), ((1280, 720), BT709)])
def test_untagged_colors_go_by_size(tmp_path: Path, size: Any, matrix: int) -> None:
    path = tmp_path / "flat.mp4"
    write_video(path, [flat(COLORS[2], size, 8)], options={"crf": "1", "preset": "ultrafast"})
    rgb, luma = mean_colors(path, 64)
    assert np.abs(rgb - rgb_of(COLORS[2], matrix, LIMITED)).max() <= 1.5
    assert abs(luma - (COLORS[2][0] - 16) * 255 / 219) <= 1


def test_motion_jpeg_is_full_range(tmp_path: Path) -> None:
    path = tmp_path / "flat.avi"
    frame = flat(COLORS[1], (64, 64), 8).reformat(format="yuvj420p", src_color_range=FULL, dst_color_range=FULL)
    write_video(path, [frame], codec="mjpeg", pix_fmt="yuvj420p")
    rgb, luma = mean_colors(path, None)
    assert np.abs(rgb - rgb_of(COLORS[1], BT601, FULL)).max() <= 3
    assert abs(luma - COLORS[1][0]) <= 2


def test_grey_spans_black_to_white(tmp_path: Path) -> None:
    for y, expected in [(16, 0), (235, 255), (0, 0), (255, 255)]:
        path = tmp_path / f"{y}.mp4"
        write_video(path, [flat((y, 128, 128), (64, 64), 8)], options={"crf": "0"})
        assert mean_colors(path, None)[1] == pytest.approx(expected, abs=1)
