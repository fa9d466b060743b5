"""Converts decoded frames with torch, on the device where their planes are: scaled, upright, in RGB or grey.

The picture is that of `engine.video.convert` within rounding: luma and chroma are each scaled by the area that a pixel
covers, as swscale's AREA filter does, then turned into colours by the frame's own matrix and range. A frame that the
card decoded stays on it; one that a CPU decoded is taken to the device plane by plane.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from av.video.reformatter import ColorRange, Colorspace

from engine.video.convert import clockwise_deg, fit_short_side, is_on_card, source_matrix, source_range

if TYPE_CHECKING:
    from torch import Tensor

    from engine.video.convert import Converter
    from engine.video.types import Color

__all__ = ["tensor_of"]

_PLANAR: Final = {"yuv420p": 1, "yuvj420p": 1, "yuv420p10le": 4}
_ON_CARD: Final = {"nv12": 1, "p010le": 256}
"""Format → what its values are divided by for levels from 0 to 255: NVDEC puts 10 bits into the upper end of 16."""
_CHROMA_LEFT_PX = 0.25
"""How far left of their pairs' middle chroma samples lie, in chroma pixels: on the left luma pixel, as in MPEG-2 and
after. swscale takes them so whatever the file says, and the CPU's pictures are made by it."""
_RED_BLUE = {
    Colorspace.ITU709: (0.2126, 0.0722),
    Colorspace.FCC: (0.30, 0.11),
    Colorspace.ITU601: (0.299, 0.114),
    Colorspace.SMPTE240M: (0.212, 0.087),
    Colorspace.BT2020: (0.2627, 0.0593),
}
"""Shares of red and blue in the luma of each YCbCr matrix (ITU-T H.273, table 4)."""


def tensor_of(frame: Any, sizes: Converter, short_side_px: int | None, color: Color, device: str) -> Tensor:
    """The frame, upright, on the device: `(height, width, 3) uint8` for `rgb`, `(height, width) uint8` for `gray`.

    `sizes` knows which size the video's frames are scaled to, and converts what is not 4:2:0 of 8 or 10 bits. Where the
    device's memory is full, what torch keeps of it is released first.
    """
    try:
        return _converted(frame, sizes, short_side_px, color, device)
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
        return _converted(frame, sizes, short_side_px, color, device)


@torch.inference_mode()
def _converted(frame: Any, sizes: Converter, short_side_px: int | None, color: Color, device: str) -> Tensor:
    planes = _planes(frame, device)
    if planes is None:
        # A copy, because the array is read-only and torch would warn of it.
        return torch.from_numpy(sizes.image(frame, short_side_px, color).copy()).to(device)
    turned = clockwise_deg(frame)
    width, height = fit_short_side(*sizes.size, short_side_px)
    if turned in (90, 270):
        width, height = height, width
    full_range = source_range(frame) == ColorRange.JPEG
    luma, chroma = planes
    levels = _scaled(luma[None], height, width)[0]
    picture = levels if full_range else (levels - 16) * (255 / 219)
    if color == "rgb":
        offsets = _scaled(chroma, height, width, left_px=_CHROMA_LEFT_PX)
        picture = _colours(picture, offsets, source_matrix(frame), full_range)
    upright = torch.rot90(picture, -(turned // 90), dims=(0, 1))
    return upright.round().clamp(0, 255).to(torch.uint8).contiguous()


def _planes(frame: Any, device: str) -> tuple[Tensor, Tensor] | None:
    """Luma `(h, w)` and chroma `(2, h/2, w/2)`, float levels on the device; None for formats of other kinds."""
    if is_on_card(frame):
        if (scale := _ON_CARD.get(frame.sw_format.name)) is None:
            return None
        # Copied by becoming floats, so that the decoder gets its memory back at once.
        luma, chroma = (torch.utils.dlpack.from_dlpack(plane.__dlpack__()).float() for plane in frame.planes)
        return luma / scale, chroma.permute(2, 0, 1) / scale
    if (scale := _PLANAR.get(frame.format.name)) is None:
        return None
    bytes_each = 1 if scale == 1 else 2
    luma, blue, red = (
        torch.from_numpy(_pixels(plane, bytes_each)).to(device).float() / scale for plane in frame.planes
    )
    return luma, torch.stack([blue, red])


def _pixels(plane: Any, bytes_each: int) -> np.ndarray[Any, Any]:
    """A plane's pixels `(height, width)` without the padding of its rows, as bytes or as 16-bit numbers."""
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    pixels = np.array(rows[:, : plane.width * bytes_each])
    return pixels if bytes_each == 1 else pixels.view("<i2")


def _scaled(planes: Tensor, height: int, width: int, *, left_px: float = 0.0) -> Tensor:
    """Planes `(n, h, w) float` at another size; their samples lie `left_px` left of their pixels' middle."""
    device = str(planes.device)
    if planes.shape[1] != height:
        planes = _weights(planes.shape[1], height, 0.0, device) @ planes
    if planes.shape[2] != width or left_px:
        planes = planes @ _weights(planes.shape[2], width, left_px, device).T
    return planes


@lru_cache(maxsize=64)
def _weights(source: int, target: int, shift_px: float, device: str) -> Tensor:
    """How much each of `source` pixels gives to each of `target` pixels on one axis: `(target, source)`, rows sum to 1.

    Smaller: the share of the area that a pixel covers. Larger: between the two nearest, on straight lines. `shift_px`
    is how far before the middle of source pixels their samples lie.
    """
    scale = source / target
    places = torch.arange(source, dtype=torch.float64)
    if scale > 1:
        begins = torch.arange(target, dtype=torch.float64)[:, None] * scale + shift_px
        covered = torch.minimum(begins + scale, places + 1) - torch.maximum(begins, places)
        weights = covered.clamp(min=0)
        weights /= weights.sum(dim=1, keepdim=True)
    else:
        centres = (torch.arange(target, dtype=torch.float64) + 0.5) * scale - 0.5 + shift_px
        weights = (1 - (centres.clamp(0, source - 1)[:, None] - places).abs()).clamp(min=0)
    return weights.float().to(device)


def _colours(luma: Tensor, chroma: Tensor, matrix: Colorspace, full_range: bool) -> Tensor:
    """RGB `(h, w, 3)` of luma `(h, w)` from 0 to 255 and chroma `(2, h, w)` as it is coded."""
    red_share, blue_share = _RED_BLUE[matrix]
    green_share = 1 - red_share - blue_share
    blue_off, red_off = (chroma - 128) * (1.0 if full_range else 255 / 224)
    red = luma + 2 * (1 - red_share) * red_off
    blue = luma + 2 * (1 - blue_share) * blue_off
    green = (luma - red_share * red - blue_share * blue) / green_share
    return torch.stack([red, green, blue], dim=-1)
