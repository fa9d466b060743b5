"""What the networks see: turned squares of frames, scaled to one size; and landmarks projected back into the frame.

Pixels are sampled exactly as MediaPipe does on a CPU (OpenCV's `warpPerspective`): between four pixels at steps of
1/32 px, in whole numbers, corners of the square on pixel centres, nothing smoothed before. The networks know it so, and
differences of one level would grow from frame to frame, because each frame's landmarks choose the next one's square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

    from engine.arrays import Floats

__all__ = ["crop", "projected"]

_STEP_BITS = 5
_STEPS = 1 << _STEP_BITS
_HALF = 1 << (2 * _STEP_BITS - 1)
_Z_SCALE = 0.4


def crop(frames: Tensor, squares: Floats, side_px: int, *, border: Literal["black", "edge"]) -> Tensor:
    """Squares `(n, k, 4)` of frames `(n, height, width, 3) uint8` as pictures `(n·k, 3, side_px, side_px)`.

    Outside the frame is black, or its edge goes on. The result is on the frames' device, in [0, 1].
    """
    count, height, width, _ = frames.shape
    # Apple's devices have no double precision
    double = torch.device("cpu") if frames.device.type == "mps" else frames.device
    x, y = (place.to(frames.device) for place in _places(torch.from_numpy(squares).to(double), side_px))
    first = torch.arange(count, device=frames.device)[:, None, None, None] * (height * width)
    columns = [_neighbour(x, after, width, border) for after in (0, 1)]
    rows = [_neighbour(y, after, height, border) for after in (0, 1)]
    levels = frames.flatten()
    totals = [torch.full(x.shape, _HALF, dtype=torch.int32, device=frames.device) for _ in range(3)]
    for row, share_y in rows:
        line = row * width + first
        for column, share_x in columns:
            index = ((line + column) * 3).flatten()
            weight = share_x * share_y
            for channel in range(3):
                totals[channel] += levels[channel:].index_select(0, index).view(x.shape) * weight
    pictures = torch.stack([total >> (2 * _STEP_BITS) for total in totals], dim=2).float() / 255
    return pictures.view(-1, 3, side_px, side_px)


def projected(landmarks: Floats, square: Floats, side_px: int, size: tuple[int, int]) -> Floats:
    """Landmarks `(21, 3)` in px of a square's picture, in the frame `(width, height)`: normalised, z like x."""
    x, y, side, angle = square
    width, height = size
    cos, sin = np.cos(angle), np.sin(angle)
    from_centre = (landmarks[:, :2] / side_px - 0.5) * side
    turned = from_centre @ np.array([[cos, sin], [-sin, cos]])
    depth = landmarks[:, 2] / side_px / _Z_SCALE * side / width
    return np.column_stack([(turned[:, 0] + x) / width, (turned[:, 1] + y) / height, depth])


def _places(squares: Tensor, side_px: int) -> tuple[Tensor, Tensor]:
    """Where the pixels of squares `(n, k, 4)` lie in the frame: x and y `(n, k, side, side)` in 1/32 px."""
    steps = torch.arange(side_px, device=squares.device, dtype=torch.float64) / side_px - 0.5
    x, y, side, angle = squares[..., None, None].unbind(2)
    along, down = steps[None, None, None, :] * side, steps[None, None, :, None] * side
    cos, sin = torch.cos(angle), torch.sin(angle)
    places = x + cos * along - sin * down, y + sin * along + cos * down
    across, downwards = (torch.round(place * _STEPS).long() for place in places)
    return across, downwards


def _neighbour(place: Tensor, after: int, size: int, border: str) -> tuple[Tensor, Tensor]:
    """One of the two pixels around places on one axis: its index within the frame, and its share in 32nds."""
    index = (place >> _STEP_BITS) + after
    past = place & (_STEPS - 1)
    share = (past if after else _STEPS - past).int()
    within = index.clamp(0, size - 1)
    return within, share * (index == within) if border == "black" else share
