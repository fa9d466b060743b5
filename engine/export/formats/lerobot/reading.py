"""Reads the tables of a data set that is checked, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import FormatError
from engine.files.read_parquet import TableLimits, read_parquet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

__all__ = ["MOST_ROWS", "broken", "table_within"]

MOST_ROWS = 100_000_000
_LIMITS = TableLimits(rows=MOST_ROWS, columns=2_000, bytes=2 << 30)


def broken(path: str, reason: str) -> FormatError:
    """The error for a file on which further checks rest."""
    return FormatError(reason, remedy=path)


def table_within(
    folder: Path, path: str, wanted: Mapping[str, pa.DataType], optional: Mapping[str, pa.DataType] | None = None
) -> pa.Table:
    """Read the columns `wanted` of a table, and those of the `optional` ones that it has.

    Raises `FormatError` about that file.
    """
    try:
        return read_parquet(folder / path, _LIMITS, wanted, optional=optional)
    except FormatError as error:
        raise broken(path, error.message) from error
