"""Embeddings in a file, row by row of a table of clips: written and read in pieces, so that no process holds them all.

The file is NumPy's own (`.npy`, float32). Read as a whole it would be two gigabytes for a million clips of 512 numbers;
`open_vectors` maps it, so that only rows that are asked for are read, and `pieces` goes through it with plain reads.
"""

from __future__ import annotations

import mmap
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["PIECE", "open_vectors", "pieces", "write_vectors"]

Number = TypeVar("Number", bound=np.generic)

PIECE = 20_000
"""Clips in a piece."""


def write_vectors(
    path: Path, shape: tuple[int, int], found: Iterable[tuple[NDArray[np.int64], NDArray[np.float32]]]
) -> None:
    """Write `(n_clips, width)` vectors, which come as rows and their vectors in any order; NaN in rows that never come.

    Every piece is written where it belongs: nothing is sorted but the row numbers of one piece.
    """
    n_clips, width = shape
    known = np.zeros(n_clips, np.bool_)
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        start = file.tell()

        def put(rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
            for begin, end in _runs(rows):
                file.seek(start + int(rows[begin]) * width * 4)
                file.write(np.ascontiguousarray(vectors[begin:end], "<f4").tobytes())

        for rows, vectors in found:
            order = np.argsort(rows, kind="stable")
            put(rows[order], vectors[order])
            known[rows] = True
        lacking = np.flatnonzero(~known)
        for begin in range(0, len(lacking), PIECE):
            rows = lacking[begin : begin + PIECE]
            put(rows, np.full((len(rows), width), np.nan, np.float32))
        file.truncate(start + n_clips * width * 4)


def _runs(rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Where stretches of neighbouring rows begin and end."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    yield from pairwise([0, *breaks.tolist(), len(rows)])


def open_vectors(path: Path) -> NDArray[np.float32]:
    """The vectors of a file of `write_vectors`, read where they are asked for. Raises `ValueError` for another file."""
    found = np.load(path, mmap_mode="r", allow_pickle=False)
    if found.dtype != np.float32 or found.ndim != 2:
        raise ValueError(f"{path.name} holds no vectors")
    return found  # type: ignore[no-any-return]


def pieces(vectors: NDArray[Number], rows: int | None = None) -> Iterator[tuple[int, NDArray[Number]]]:
    """The first row of each piece of `vectors`, of so many `rows` or `PIECE`, and the piece itself.

    What lies in a file is read and not mapped: mapped pages would count as this process's memory until others need it.
    """
    width, most, file = vectors.shape[1], rows or PIECE, _file_of(vectors)
    for start in range(0, len(vectors), most):
        count = min(most, len(vectors) - start)
        if file is None:
            yield start, vectors[start : start + count]
        else:
            offset = file[1] + start * width * vectors.itemsize
            flat: NDArray[Number] = np.fromfile(file[0], vectors.dtype, count * width, offset=offset)
            yield start, flat.reshape(count, width)


def _file_of(vectors: Any) -> tuple[Any, int] | None:
    """The file that an array is the whole of, and where in it the numbers begin; None for any other array."""
    base: Any = vectors.base if isinstance(vectors, np.memmap) else None
    return (vectors.filename, vectors.offset) if isinstance(base, mmap.mmap) else None
