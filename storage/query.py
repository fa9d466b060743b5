"""Read-only SQL for people. The database itself refuses writes and other files: nothing here reads the SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from storage.database import Database
from storage.errors import QueryError, StorageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["query"]


def query(database_file: Path, sql: str) -> pa.Table:
    """The result of `sql` over the workspace file, opened read-only and without access to any other file.

    Raises `QueryError` for SQL that is wrong or that would write, `StorageError` where there is no workspace.
    """
    if not database_file.exists():
        msg = f"there is no workspace in {database_file.parent}"
        raise StorageError(msg, remedy="Choose one with --workspace, or import videos to make it.")
    database = Database(database_file, read_only=True)
    try:
        with database.cursor() as cursor:
            try:
                result: duckdb.DuckDBPyRelation | None = cursor.sql(sql)  # None where there is nothing to show
                return pa.table({}) if result is None else result.to_arrow_table()
            except duckdb.Error as error:
                raise QueryError(str(error).strip()) from error
    finally:
        database.close()
