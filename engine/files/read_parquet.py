"""Reads untrusted Parquet files: stated sizes are checked first, then the requested columns are read in batches.

A few hundred kilobytes of Parquet can stand for gigabytes: repeated values are stored once. So rows, values and bytes
are limited before anything is read, texts stay dictionary-encoded, and every column is cast to its type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.errors import FormatError
from engine.files.parquet_pages import check_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["TableLimits", "read_parquet"]

_BATCH_ROWS = 1024
_MAX_FOOTER_BYTES = 16 << 20
_MAX_FOOTER_ENTRIES = 1_000_000
_MAX_TEXT_BYTES = 8192
"""For ids, model names and notes: a batch of rows stays small even if texts are repeated."""


@dataclass(frozen=True)
class TableLimits:
    """How much a table may hold."""

    rows: int
    columns: int = 500
    bytes: int = 512 << 20
    """Size of the file unpacked, and of the table in memory."""
    list_width: int = 8192
    """Numbers in one cell of a list column."""


def read_parquet(
    path: Path,
    limits: TableLimits,
    wanted: Mapping[str, pa.DataType],
    *,
    others: pa.DataType | None = None,
    optional: Mapping[str, pa.DataType] | None = None,
) -> pa.Table:
    """Read the columns `wanted` of a Parquet file, each with its type, and those of the `optional` ones that it has;
    `others` is the type of all further ones.

    Raises `FormatError` with the reason where the file is damaged or too large, or a column is missing or mistyped.
    """
    try:
        if path.stat().st_size > limits.bytes:
            raise FormatError(f"it is larger than {limits.bytes / 1e6:,.0f} MB")
        with _opened(path) as file:
            there = {name: kind for name, kind in (optional or {}).items() if name in file.schema_arrow.names}
            types = _types(file, limits, {**wanted, **there}, others)
            check_pages(path, file.metadata, limits.bytes)
        texts = [name for name, kind in types.items() if pa.types.is_string(kind)]
        with _opened(path, read_dictionary=texts) as file:
            return pa.Table.from_batches(_pieces(file, limits, types), pa.schema(list(types.items())))
    except FormatError:
        raise
    except (OSError, pa.ArrowException, ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise FormatError(f"it is no sound Parquet file ({_short(error)})") from error


def _opened(path: Path, **options: Any) -> pq.ParquetFile:
    limits = {"thrift_string_size_limit": _MAX_FOOTER_BYTES, "thrift_container_size_limit": _MAX_FOOTER_ENTRIES}
    return pq.ParquetFile(path, pre_buffer=False, **limits, **options)


def _types(
    file: pq.ParquetFile, limits: TableLimits, wanted: Mapping[str, pa.DataType], others: pa.DataType | None
) -> dict[str, pa.DataType]:
    """Check the file's stated sizes against the limits, and return column → type."""
    about = file.metadata
    if about.num_rows > limits.rows:
        raise FormatError(f"it has {about.num_rows:,} rows, where {limits.rows:,} can belong to it")
    if about.num_columns > limits.columns:
        raise FormatError(f"it has {about.num_columns:,} columns, and {limits.columns:,} at most are read")
    unpacked = values = 0
    for group in range(about.num_row_groups):
        chunks = [about.row_group(group).column(place) for place in range(about.num_columns)]
        unpacked += sum(max(0, chunk.total_uncompressed_size) for chunk in chunks)
        values += sum(max(0, chunk.num_values) for chunk in chunks)
    if unpacked > limits.bytes or 8 * values > limits.bytes:
        raise FormatError(f"it would take more than {limits.bytes / 1e6:,.0f} MB of memory")
    names = file.schema_arrow.names
    if len(set(names)) < len(names):
        raise FormatError("two of its columns have one name")
    if missing := [name for name in wanted if name not in names]:
        raise FormatError(f"it lacks the column {missing[0]!r}")
    more = [name for name in names if name not in wanted] if others is not None else []
    return {**wanted, **dict.fromkeys(more, others)}


def _pieces(file: pq.ParquetFile, limits: TableLimits, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    rows = size_bytes = 0
    for batch in file.iter_batches(_BATCH_ROWS, columns=list(types), use_threads=False):
        rows += batch.num_rows
        columns = [_cast(batch, name, kind, limits) for name, kind in types.items()]
        size_bytes += sum(column.nbytes for column in columns)
        if rows > limits.rows or size_bytes > limits.bytes:
            raise FormatError(
                f"it takes more than {limits.bytes / 1e6:,.0f} MB of memory or holds more rows than it says"
            )
        yield pa.RecordBatch.from_arrays(columns, schema=pa.schema(list(types.items())))


def _cast(batch: pa.RecordBatch, name: str, kind: pa.DataType, limits: TableLimits) -> pa.Array:
    """Cast a column of a batch to its type. Raises `FormatError` where it has another type, or a cell is too large."""
    column = batch.column(batch.schema.get_field_index(name))
    texts = pa.types.is_dictionary(column.type)
    lists = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    if texts and (pc.max(pc.binary_length(column.dictionary)).as_py() or 0) > _MAX_TEXT_BYTES:
        raise FormatError(f"a text in the column {name!r} is longer than {_MAX_TEXT_BYTES:,} bytes")
    if lists and (pc.max(pc.list_value_length(column)).as_py() or 0) > limits.list_width:
        raise FormatError(f"a cell of the column {name!r} holds more than {limits.list_width:,} numbers")
    try:
        found = column.cast(kind)
        found.validate(full=True)  # texts that are not UTF-8, lists with invalid offsets
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise FormatError(f"the column {name!r} holds {column.type}, not {kind} ({_short(error)})") from error
    return found


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
