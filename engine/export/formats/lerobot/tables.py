"""Writes tables piece by piece into numbered Parquet files of limited size, one row group a piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from engine.export.formats.lerobot.layout import features_of, place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.export.formats.lerobot.options import ActionMode

__all__ = ["RolledTables", "frames_table"]

_OVERHEAD_BYTES = 256
"""Of a column of a row group, in the file's footer and its pages' headers."""


class RolledTables:
    """Files of one table below `folder`, named by `pattern`.

    None holds more than `most_bytes`, unless by one piece. Counted uncompressed, with what Parquet adds: what takes no
    room on disk still takes memory when it is read.
    """

    def __init__(self, folder: Path, pattern: str, schema: pa.Schema, *, most_bytes: int) -> None:
        self._folder, self._pattern, self._schema, self._most_bytes = folder, pattern, schema, most_bytes
        self._files = 0
        self._bytes = 0
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def next_place(self, size_bytes: int) -> tuple[int, int]:
        """`(chunk, file)` that a piece of so many bytes, uncompressed, goes into: the file of the next `add`."""
        if self._writer is not None and self._bytes + self._whole(size_bytes) > self._most_bytes:
            self._close()
        if self._writer is None:
            chunk, file = place(self._files)
            path = self._folder / self._pattern.format(chunk_index=chunk, file_index=file)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(path, self._schema)
            self._files, self._bytes = self._files + 1, 0
        return place(self._files - 1)

    def add(self, piece: pa.Table) -> tuple[int, int]:
        """Write a piece as one row group; returns its `(chunk, file)`."""
        at = self.next_place(piece.nbytes)
        self._bytes += self._whole(piece.nbytes)
        self._writer.write_table(piece, row_group_size=max(1, piece.num_rows))
        return at

    def _whole(self, size_bytes: int) -> int:
        return size_bytes + _OVERHEAD_BYTES * len(self._schema)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def frames_table(columns: Mapping[str, NDArray[np.generic]], actions: ActionMode) -> pa.Table:
    """One episode's rows: `(n,)` numbers, `(n, d)` vectors as lists of fixed size."""
    made = {}
    for key, feature in features_of(actions).items():
        values = columns[key]
        if feature.width == 1:
            made[key] = pa.array(values.reshape(-1), feature.arrow)
        else:
            flat = pa.array(values.reshape(-1), pa.float32())
            made[key] = pa.FixedSizeListArray.from_arrays(flat, feature.width)
    return pa.table(made)
