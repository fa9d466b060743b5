"""Reads the tables of a data set that is checked, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import FormatError
from engine.files.read_parquet import TableLimits, read_parquet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

__all__ = ["MOST_ROWS", "BrokenFileError", "table_within"]

MOST_ROWS = 100_000_000
_LIMITS = TableLimits(rows=MOST_ROWS, columns=2_000, bytes=2 << 30)


class BrokenFileError(FormatError):
    """A file on which further checks rest is missing or can't be read."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        super().__init__(reason)


def table_within(
    folder: Path, path: str, wanted: Mapping[str, pa.DataType], optional: Mapping[str, pa.DataType] | None = None
) -> pa.Table:
    """Read the columns `wanted` of a table, and those of the `optional` ones that it has.

    Raises `BrokenFileError`.
    """
    try:
        return read_parquet(folder / path, _LIMITS, wanted, optional=optional)
    except FormatError as error:
        raise BrokenFileError(path, error.message) from error
