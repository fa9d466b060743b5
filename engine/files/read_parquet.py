"""Reads untrusted Parquet files: stated sizes are checked first, then the requested columns are read in batches.

A few hundred kilobytes of Parquet can stand for gigabytes: repeated values are stored once. So rows, values and bytes
are limited before anything is read, texts stay dictionary-encoded, and every column is cast to its type.
"""

from __future__ import annotations

import stat
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
    """Numbers or texts in one cell of a list column."""


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
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise FormatError("it is no regular file")  # opening a pipe would wait for ever
        if info.st_size > limits.bytes:
            raise FormatError(f"it is larger than {limits.bytes / 1e6:,.0f} MB")
        with _opened(path) as file:
            there = {name: kind for name, kind in (optional or {}).items() if name in file.schema_arrow.names}
            types = _types(file, limits, {**wanted, **there}, others)
            leaves = _leaves(file)
            read = [place for name in types for place in leaves[name]]
            _check_sizes(file, limits, read)
            check_pages(path, file.metadata, limits.bytes, read)
            of_texts = [name for name, kind in types.items() if _is_text(kind)]
            texts = [file.schema.column(place).path for name in of_texts for place in leaves[name]]
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
    """Check the file's stated rows and columns against the limits, and return column → type."""
    about = file.metadata
    if about.num_rows > limits.rows:
        raise FormatError(f"it has {about.num_rows:,} rows, where {limits.rows:,} can belong to it")
    if about.num_columns > limits.columns:
        raise FormatError(f"it has {about.num_columns:,} columns, and {limits.columns:,} at most are read")
    names = file.schema_arrow.names
    if len(set(names)) < len(names):
        raise FormatError("two of its columns have one name")
    if missing := [name for name in wanted if name not in names]:
        raise FormatError(f"it lacks the column {missing[0]!r}")
    more = [name for name in names if name not in wanted] if others is not None else []
    return {**wanted, **dict.fromkeys(more, others)}


def _leaves(file: pq.ParquetFile) -> dict[str, range]:
    """Column → the numbers of its leaves: a list has one, a structure as many as it has members. All of the file's
    where they do not add up."""
    found, at = {}, 0
    for field in file.schema_arrow:
        found[field.name] = range(at, at := at + _leaf_count(field.type))
    every = range(file.metadata.num_columns)
    return found if at == len(every) else dict.fromkeys(found, every)


def _leaf_count(kind: pa.DataType) -> int:
    children = [kind.field(place).type for place in range(kind.num_fields)]
    return sum(map(_leaf_count, children)) if children else 1


def _check_sizes(file: pq.ParquetFile, limits: TableLimits, read: list[int]) -> None:
    """Check the stated sizes of the columns that are read against the limits."""
    about = file.metadata
    unpacked = values = 0
    for group in range(about.num_row_groups):
        of_group = about.row_group(group)
        for place in read:
            chunk = of_group.column(place)
            unpacked += max(0, chunk.total_uncompressed_size)
            values += max(0, chunk.num_values)
    if unpacked > limits.bytes or 8 * values > limits.bytes:
        raise FormatError(f"it would take more than {limits.bytes / 1e6:,.0f} MB of memory")


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts, or lists of texts."""
    return bool(pa.types.is_string(kind.value_type if pa.types.is_list(kind) else kind))


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
    lists = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    if lists and (pc.max(pc.list_value_length(column)).as_py() or 0) > limits.list_width:
        raise FormatError(f"a cell of the column {name!r} holds more than {limits.list_width:,} values")
    values = column.flatten() if lists else column
    if pa.types.is_dictionary(values.type):
        lengths = pc.binary_length(values.dictionary)
        if (pc.max(lengths).as_py() or 0) > _MAX_TEXT_BYTES:
            raise FormatError(f"a text in the column {name!r} is longer than {_MAX_TEXT_BYTES:,} bytes")
        if (pc.sum(lengths.take(values.indices)).as_py() or 0) > limits.bytes:
            raise FormatError(f"the column {name!r} takes more than {limits.bytes / 1e6:,.0f} MB of memory")
    try:
        found = column.cast(kind)
        found.validate(full=True)  # texts that are not UTF-8, lists with invalid offsets
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise FormatError(f"the column {name!r} holds {column.type}, not {kind} ({_short(error)})") from error
    return found


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
