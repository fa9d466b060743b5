"""Converts decoded frames to arrays: scaled and colour-converted by swscale, then rotated upright.

Colour: the matrix and range are the file's where stated; otherwise BT.709 from 720 lines up and BT.601 below,
and limited range. `gray` is the frame's own luma stretched to 0–255 (of RGB sources, BT.601 luma). High dynamic range
is not tone-mapped.

Size: pictures may change their size or format within a file. All are scaled to the upright size of the file's first, so
that any two can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

if TYPE_CHECKING:
    from fractions import Fraction

    from engine.video.types import Color, Image

__all__ = [
    "Converter",
    "bars",
    "clockwise_deg",
    "even",
    "fit_short_side",
    "fit_within",
    "is_on_card",
    "source_matrix",
    "source_range",
    "upright_size",
]

_SD_BELOW_LINES = 720
_BLACK: Final = (16, 128, 128)
"""Y, U and V in limited range."""
_FORMATS: Final[dict[str, str]] = {"rgb": "rgb24", "gray": "gray"}
# Without these flags swscale's shortcuts are off by up to 3 of 255; when scaling down they cost nothing.
_SCALING: Final = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

_ENLARGING: Final = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

# Keys are FFmpeg's AVColorSpace values, values swscale's matrices.
_MATRICES: Final = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}


def is_on_card(frame: Any) -> bool:
    """Whether a graphics card decoded this frame, so that its planes lie in the card's memory."""
    return bool(frame.format.name == "cuda")


def clockwise_deg(frame: Any) -> int:
    """Clockwise rotation that makes the frame upright: 0, 90, 180 or 270."""
    # FFmpeg's display matrix counts counter-clockwise.
    return int(round(-frame.rotation / 90) % 4 * 90)


def upright_size(width: int, height: int, pixel_aspect: Fraction | None, rotation_deg: int) -> tuple[int, int]:
    """`(width, height)` in square pixels after rotation."""
    if pixel_aspect and pixel_aspect > 0 and pixel_aspect != 1:
        width = max(1, round(width * pixel_aspect))
    return (height, width) if rotation_deg in (90, 270) else (width, height)


def fit_short_side(width: int, height: int, short_side_px: int | None) -> tuple[int, int]:
    """The size with its short side at most `short_side_px` and the same shape. Never larger than given."""
    short = min(width, height)
    if short_side_px is None or short <= short_side_px:
        return width, height
    scale = short_side_px / short
    return max(1, round(width * scale)), max(1, round(height * scale))


def fit_within(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of the same shape as `size` that lies within `frame`, which is even."""
    scale = min(frame[0] / size[0], frame[1] / size[1])
    width, height = (2 * round(side * scale / 2) for side in size)
    return max(2, min(frame[0], width)), max(2, min(frame[1], height))


def bars(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """Left and upper margin of a picture of `size` in the middle of a `frame`; even, since chroma has half the size."""
    return (frame[0] - size[0]) // 4 * 2, (frame[1] - size[1]) // 4 * 2


def source_matrix(frame: Any) -> Colorspace:
    """The YCbCr matrix that the frame was made with, by its tag or by its size."""
    known = _MATRICES.get(int(frame.colorspace))
    if known is not None:
        return known
    return Colorspace.ITU709 if min(frame.width, frame.height) >= _SD_BELOW_LINES else Colorspace.ITU601


def source_range(frame: Any) -> ColorRange:
    """Full or limited range, by the frame's tag or its pixel format."""
    if frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj"):
        return ColorRange.JPEG
    return ColorRange.JPEG if frame.format.is_rgb else ColorRange.MPEG


def even(size: tuple[int, int]) -> tuple[int, int]:
    """The size rounded down to even numbers, at least 2: 4:2:0 pictures have no odd sizes."""
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


class Converter:
    """Makes arrays of one video's frames, keeping one swscale context for each size and colour.

    `first` is the video's first frame: all others are scaled to its upright size.
    """

    def __init__(self, first: Any, pixel_aspect: Fraction | None = None) -> None:
        self._pixel_aspect = pixel_aspect
        self.size = self.size_of(first)
        matrix = source_matrix(first)
        # The first frame's: an encoded file states its matrix once.
        self._encoded_matrix = matrix if matrix in (Colorspace.ITU601, Colorspace.ITU709) else Colorspace.ITU709
        self._reformatters: dict[tuple[int | None, Color], VideoReformatter] = {}
        self._encoding = VideoReformatter()

    def size_of(self, frame: Any) -> tuple[int, int]:
        """The frame's own `(width, height)`, upright, in square pixels."""
        return upright_size(frame.width, frame.height, self._pixel_aspect, clockwise_deg(frame))

    def image(self, frame: Any, short_side_px: int | None, color: Color) -> Image:
        """The frame as an upright, C-contiguous, read-only array.

        `(height, width, 3) uint8` for `rgb`, `(height, width) uint8` for `gray`.
        """
        reformatter = self._reformatters.setdefault((short_side_px, color), VideoReformatter())
        width, height = _as_stored(frame, fit_short_side(*self.size, short_side_px))
        converted = reformatter.reformat(
            frame,
            width,
            height,
            _FORMATS[color],
            # The same matrix on both sides for grey: between two, swscale converts through RGB, which is slower.
            src_colorspace=Colorspace.ITU601 if color == "gray" else source_matrix(frame),
            dst_colorspace=Colorspace.ITU601 if color == "gray" else None,
            src_color_range=source_range(frame),
            dst_color_range=ColorRange.JPEG,
            interpolation=_SCALING,
            threads=1,
        )
        turns = clockwise_deg(frame) // 90
        # A copy, because PyAV returns a view whose rows are padded at most widths, and C code that ignores strides
        # (such as MediaPipe's) would see a sheared picture.
        image = cast("Image", np.ascontiguousarray(np.rot90(converted.to_ndarray(), -turns)))
        image.flags.writeable = False
        return image

    def encodable(self, frame: Any, short_side_px: int | None) -> Any:
        """The frame as an upright `yuv420p` `av.VideoFrame` of even size, limited range, in BT.601 or BT.709."""
        return self._encodable(frame, even(fit_short_side(*self.size, short_side_px)), self._encoded_matrix)

    def letterboxed(self, frame: Any, size: tuple[int, int]) -> Any:
        """The frame as an upright `yuv420p` `av.VideoFrame` of just this even size, in limited range.

        It is scaled, up or down, to fit; black bars fill the rest. The matrix follows from the size alone, so that
        frames of several videos go into one file: BT.709 from 720 lines up, BT.601 below.
        """
        matrix = Colorspace.ITU709 if min(size) >= _SD_BELOW_LINES else Colorspace.ITU601
        return _with_bars(self._encodable(frame, fit_within(self.size, size), matrix), size)

    def _encodable(self, frame: Any, upright: tuple[int, int], matrix: Colorspace) -> Any:
        width, height = _as_stored(frame, upright)
        converted = self._encoding.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=source_matrix(frame),
            dst_colorspace=matrix,
            src_color_range=source_range(frame),
            dst_color_range=ColorRange.MPEG,
            interpolation=_ENLARGING if width > frame.width and height > frame.height else _SCALING,
            threads=1,  # so that no picture depends on how many cores there are
        )
        turns = clockwise_deg(frame) // 90
        if turns:
            converted = _turned(converted, turns)
        converted.colorspace = matrix
        converted.color_range = ColorRange.MPEG
        return converted


def _as_stored(frame: Any, upright: tuple[int, int]) -> tuple[int, int]:
    """The size before rotation that gives `upright` after it."""
    return upright[::-1] if clockwise_deg(frame) in (90, 270) else upright


def _turned(frame: Any, turns: int) -> Any:
    """A `yuv420p` frame rotated clockwise by `turns` quarter turns, plane by plane."""
    width, height = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
    turned = VideoFrame(width, height, "yuv420p")
    for source, target in zip(frame.planes, turned.planes, strict=True):
        _pixels(target)[:] = np.rot90(_pixels(source), -turns)
    return turned


def _with_bars(frame: Any, size: tuple[int, int]) -> Any:
    """A `yuv420p` frame in the middle of a black one of `size`, which is no smaller; both sizes are even."""
    if (frame.width, frame.height) == size:
        return frame
    left, top = bars((frame.width, frame.height), size)
    boxed = VideoFrame(*size, "yuv420p")
    for plane, (source, target) in enumerate(zip(frame.planes, boxed.planes, strict=True)):
        into, half = _pixels(target), 2 if plane else 1
        into[:] = _BLACK[plane]
        x, y = left // half, top // half
        into[y : y + source.height, x : x + source.width] = _pixels(source)
    boxed.colorspace, boxed.color_range = frame.colorspace, frame.color_range
    return boxed


def _pixels(plane: Any) -> Image:
    """The pixels of a plane of 8 bits, `(height, width)`, without the padding of its rows."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
