"""The same picture laid out in memory in every way that NumPy knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

__all__ = ["LAYOUTS"]


def padded_rows(picture: Image) -> Image:
    """Rows that are followed by rubbish, as PyAV's are at most widths."""
    height, width = picture.shape[:2]
    wide = np.full((height, width + 7, *picture.shape[2:]), 0xA5, np.uint8)
    wide[:, :width] = picture
    return wide[:, :width]


def column_by_column(picture: Image) -> Image:
    """Fortran's order."""
    return np.asfortranarray(picture)


def from_the_bottom_up(picture: Image) -> Image:
    """A negative stride from row to row, as in a picture that was flipped."""
    return np.ascontiguousarray(picture[::-1])[::-1]


def from_right_to_left(picture: Image) -> Image:
    """A negative stride from pixel to pixel, as in a picture that was mirrored."""
    return np.ascontiguousarray(picture[:, ::-1])[:, ::-1]


def every_other_row(picture: Image) -> Image:
    """Rows taken out of a picture of twice the height."""
    return np.repeat(picture, 2, axis=0)[::2]


LAYOUTS: tuple[Callable[[Image], Image], ...] = (
    padded_rows,
    column_by_column,
    from_the_bottom_up,
    from_right_to_left,
    every_other_row,
)
"""Each gives a picture that is equal to the one it was given and lies differently in memory."""
