"""Runs people's read-only SQL on a workspace. DuckDB refuses writes and other files; the SQL is not parsed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from storage.database import check_sql
from storage.database_errors import refusal
from storage.errors import QueryError, StorageError
from storage.migrations import open_or_advise
from storage.paths import WorkspacePaths
from storage.time_limit import QUERY_LIMIT_S, at_most

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["query"]

MOST_BYTES = 1 << 30
"""The most memory of a result. Converted to text it takes several times as much."""


def query(database_file: Path, sql: str, *, limit_s: float = QUERY_LIMIT_S) -> pa.Table:
    """The result of `sql` over the workspace file, opened read-only and without access to any other file.

    Raises `QueryError` for SQL that is wrong, that writes, whose result can't be shown, is larger than `MOST_BYTES` or
    is not there after `limit_s`, and `StorageError` where there is no workspace or it is damaged.
    """
    if not database_file.exists():
        raise StorageError(
            f"there is no workspace in {database_file.parent}",
            remedy="Choose one with --workspace, or import videos to make it.",
        )
    backups = WorkspacePaths(database_file.parent).backups
    database = open_or_advise(database_file, backups, read_only=True)
    try:
        check_sql(sql)
        with database.cursor() as cursor:
            try:
                with at_most(limit_s, cursor, remedy="Ask for less, or give it longer with --time-limit."):
                    result: duckdb.DuckDBPyRelation | None = cursor.sql(sql)  # None for a statement without a result
                    return pa.table({}) if result is None else showable(whole(result))
            except (duckdb.Error, pa.ArrowException, OSError) as error:  # Arrow's reader re-raises DuckDB's errors
                raise refusal(error, database_file) from error
    finally:
        database.close()


def whole(result: duckdb.DuckDBPyRelation) -> pa.Table:
    """All rows of a result. Raises `QueryError` for one that is too large before it fills the memory."""
    reader = result.to_arrow_reader()
    batches: list[pa.RecordBatch] = []
    size_bytes = 0
    for batch in reader:
        size_bytes += batch.nbytes
        if size_bytes > MOST_BYTES:
            raise QueryError(
                f"the answer is larger than {MOST_BYTES >> 20:,} MiB",
                remedy="Ask for fewer columns or rows, as with LIMIT 1000, or let SQL sum them up.",
            )
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=reader.schema)


def showable(table: pa.Table) -> pa.Table:
    """A result whose rows convert to dicts. Raises `QueryError` for times outside Python's range.

    A second column of the same name gets a number, because the keys of a dict must differ.
    """
    for column, field in zip(table.columns, table.schema, strict=True):
        if pa.types.is_temporal(field.type):
            try:
                column.to_pylist()
            except (ValueError, OverflowError) as error:
                raise QueryError(
                    f"the column {field.name!r} holds a time before the year 1 or after 9999",
                    remedy=f'Show it as text: CAST("{field.name}" AS VARCHAR).',
                ) from error
    names: list[str] = []
    for name in table.column_names:
        times = sum(before == name for before in table.column_names[: len(names)])
        names.append(f"{name}_{times + 1}" if times else name)
    return table.rename_columns(names)
