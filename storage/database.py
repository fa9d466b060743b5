"""Opens the DuckDB file and runs SQL: cursors by thread, transactions, retry of conflicts, readable errors."""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa

from engine.files.characters import has_lone_surrogate
from storage.database_errors import MEMORY_LIMIT_GB, explain, refusal
from storage.errors import DuplicateKey, QueryError, StorageError, WorkspaceBusy, WorkspaceClosed
from storage.spill import folder_for_reading, prepare_beside, remove_beside, remove_folder_for_reading
from storage.time_limit import CONDITION_LIMIT_S, at_most
from storage.writes import NO_TABLE, WriteCounts, written_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _typeshed import DataclassInstance

    Row = TypeVar("Row", bound=DataclassInstance)
    Result = TypeVar("Result")

__all__ = ["Database", "check_path", "check_sql", "filled"]

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # No statement, ours or a user's, may read or write another file or download anything.
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # What takes more goes to the files of storage/spill.py.
    "memory_limit": f"{MEMORY_LIMIT_GB}GB",
    # SQL can't change any of these settings.
    "lock_configuration": "true",
}
CONFLICT_PATIENCE_S = 10.0
"""How long a write that conflicts with others is retried. A conflict usually passes in milliseconds."""

CLOSING_PATIENCE_S = 5.0
"""How long closing waits for other threads' calls, which DuckDB does not do by itself."""
DUPLICATE_TRIES = 8

UNOPENABLE = re.compile(r"[?\\\x00\ud800-\udfff]")
"""Characters that DuckDB misreads in paths (`?` starts a query string, a backslash is a slash), and invalid UTF-8."""

Params = Sequence[object] | Mapping[str, object] | None


def check_path(path: Path) -> None:
    """Raise `StorageError` for a path at which DuckDB can't open any file."""
    if found := UNOPENABLE.search(str(path)):
        sign = {"?": "a question mark", "\\": "a backslash"}.get(found[0], "a character that is not UTF-8")
        raise StorageError(
            f"{path.parent} can't be a workspace: there is {sign} in its path, and the database can't open that",
            remedy="Choose a folder without it with --workspace.",
        )


class Database:
    """A DuckDB file used by many threads. Inside `transaction()`, a thread's calls share one cursor."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or create `path`.

        Raises `WorkspaceLocked`, `WorkspaceDamaged`, `WorkspaceReadOnly`, `DiskFull`, and as `check_path`.
        """
        check_path(path)
        self.path = path
        self._beside = not read_only
        """Whether what does not fit in memory goes beside the file."""
        elsewhere = folder_for_reading() if read_only else None
        config = CONFIG if elsewhere is None else {**CONFIG, "temp_directory": str(elsewhere)}
        try:
            self._connection = duckdb.connect(str(path), read_only=read_only, config=config)
            if self._beside:
                prepare_beside(path, self._connection)
        except (duckdb.Error, OSError) as error:
            raise explain(error, path) from error
        self._ambient = threading.local()
        self._writes = WriteCounts()
        self._passing = itertools.count(1)

    @property
    def changes(self) -> int:
        """A number that grows with every write of this process, the only one that writes: what was read before a write
        and is kept for later has a lower one. Inside a transaction, a number that is never given again."""
        return self._passing_number() or self._writes.total

    def changes_of(self, *tables: str) -> int:
        """As `changes`, of writes to these tables alone."""
        return self._passing_number() or self._writes.of(tables)

    def _passing_number(self) -> int:
        return -next(self._passing) if getattr(self._ambient, "cursor", None) is not None else 0

    def close(self) -> None:
        """Write everything into the one file and close it. Waits for other threads' running calls."""
        until = time.monotonic() + CLOSING_PATIENCE_S
        while True:
            try:
                self._connection.close()
                break
            except duckdb.Error as error:
                if "busy with another call" not in str(error) or time.monotonic() > until:
                    raise explain(error, self.path) from error
                time.sleep(0.01)
        if self._beside:
            remove_beside(self.path)
        else:
            remove_folder_for_reading()

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The cursor of this thread's transaction, or a new one that is closed afterwards."""
        ambient = getattr(self._ambient, "cursor", None)
        if ambient is not None:
            try:
                yield ambient
            except duckdb.Error as error:
                self._breaks_transaction(error)
                raise
            return
        try:
            cursor = self._connection.cursor()
        except duckdb.ConnectionException as error:
            raise WorkspaceClosed("the workspace was closed", remedy="Start the app again.") from error
        try:
            yield cursor
        except duckdb.TransactionException:
            raise  # `_retry` decides
        except duckdb.Error as error:
            raise explain(error, self.path) from error
        finally:
            cursor.close()

    def table(self, sql: str, params: Params = None, *, incoming: pa.Table | None = None) -> pa.Table:
        """The result of a query as an Arrow table. It may read `incoming` under that name."""
        with self._reading(sql, params, incoming) as result, self._arrow_explained():
            return pa.table({}) if result is None else result.to_arrow_table()

    def column(self, sql: str, params: Params = None) -> list[Any]:
        """The values of a query's only column: of a million ids no dict for each."""
        (found,) = self.table(sql, params).columns
        values: list[Any] = found.to_pylist()
        return values

    def batches(
        self, sql: str, params: Params = None, *, incoming: pa.Table | None = None, rows: int = 20_000
    ) -> Iterator[pa.RecordBatch]:
        """The result of a query in pieces of about `rows` rows, for what must never be in memory as a whole.

        It may read `incoming` under that name.
        """
        with self._reading(sql, params, incoming) as result:
            if result is None:
                return
            reader = result.to_arrow_reader(rows)
            while True:
                with self._arrow_explained():
                    batch = next(reader, None)
                if batch is None:
                    return
                yield batch

    @contextlib.contextmanager
    def _arrow_explained(self) -> Iterator[None]:
        """DuckDB's errors that Arrow hands on as its own, or as the system's, as errors of ours."""
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            known = explain(error, self.path)
            self._breaks_transaction(known)
            raise known from error

    def _breaks_transaction(self, error: Exception) -> None:
        # The first error aborts the transaction; every later statement in it fails for that reason alone.
        if getattr(self._ambient, "cursor", None) is not None and getattr(self._ambient, "broken_by", None) is None:
            self._ambient.broken_by = error

    @contextlib.contextmanager
    def _reading(self, sql: str, params: Params, incoming: pa.Table | None) -> Iterator[duckdb.DuckDBPyRelation | None]:
        """The result of a query; None for a statement without one: an empty one, a SET."""
        with self.cursor() as cursor:
            if incoming is not None:
                cursor.register("incoming", incoming)
            try:
                yield cursor.sql(sql, params=params)
            finally:
                if incoming is not None:
                    with contextlib.suppress(duckdb.Error):
                        cursor.unregister("incoming")

    def records(self, kind: type[Row], sql: str, params: Params = None) -> list[Row]:
        """The result of a query, a `kind` a row: what crosses from the store to its callers. Raises as `filled`."""
        return filled(kind, self.rows(sql, params))

    def record(self, kind: type[Row], sql: str, params: Params = None) -> Row | None:
        """The first row of a query as a `kind`, or None."""
        found = self.row(sql, params)
        return filled(kind, [found])[0] if found is not None else None

    def rows(self, sql: str, params: Params = None) -> list[dict[str, Any]]:
        """The result of a query as dicts: for the store's own use."""
        with self.cursor() as cursor:
            result = cursor.execute(sql, params)
            names = [column[0] for column in result.description or []]
            found = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        self._note(sql)
        return found

    def row(self, sql: str, params: Params = None) -> dict[str, Any] | None:
        """The first row, or None."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def scalar(self, sql: str, params: Params = None) -> Any:
        """The first column of the first row, or None."""
        with self.cursor() as cursor:
            found = cursor.execute(sql, params).fetchall()
        self._note(sql)
        return found[0][0] if found else None

    def read_only(self, sql: str, *, limit_s: float = CONDITION_LIMIT_S) -> list[tuple[Any, ...]]:
        """The rows of one statement that a person wrote, in a read-only transaction.

        Raises `QueryError`, also where there is no result after `limit_s`.
        """
        with self.cursor() as cursor:
            check_sql(sql)
            try:
                if len(duckdb.extract_statements(sql)) != 1:
                    raise QueryError("this is more than one statement", remedy="Give one condition.")
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                try:
                    with at_most(limit_s, cursor, remedy=SIMPLER):
                        return cursor.execute(sql).fetchall()
                finally:
                    with contextlib.suppress(duckdb.Error):  # the earlier error matters more
                        cursor.rollback()
            except duckdb.Error as error:
                raise refusal(error, self.path) from error

    def write(self, sql: str, params: Params = None) -> None:
        """Run one statement in its own transaction (or in this thread's), retried on a conflict."""
        self._retry(lambda: self._execute(sql, params))

    def write_arrow(self, sql: str, table: pa.Table) -> None:
        """Run one statement that reads `table` under the name `incoming`."""

        def work() -> None:
            with self.cursor() as cursor:
                cursor.register("incoming", table)
                try:
                    cursor.execute(sql).fetchall()
                finally:
                    # In an aborted transaction this fails too: the first error matters, and the view goes with
                    # the cursor.
                    with contextlib.suppress(duckdb.Error):
                        cursor.unregister("incoming")
            self._note(sql)

        self._retry(work)

    def transact(self, work: Callable[[], Any]) -> Any:
        """Run `work` in one transaction, restarted on a conflict; it must be repeatable."""
        return self._retry(lambda: self._in_transaction(work))

    def _in_transaction(self, work: Callable[[], Any]) -> Any:
        if getattr(self._ambient, "cursor", None) is not None:
            return work()
        with self.cursor() as cursor:
            cursor.begin()
            self._ambient.cursor, self._ambient.broken_by, self._ambient.written = cursor, None, set()
            try:
                result = work()
                if self._ambient.broken_by is not None:
                    # Detects an error that `work` suppressed: DuckDB would silently commit nothing.
                    cursor.execute("SELECT 1").fetchall()
                cursor.commit()
            except BaseException as error:
                with contextlib.suppress(duckdb.Error):
                    cursor.rollback()
                cause = self._ambient.broken_by
                if isinstance(error, duckdb.TransactionException) and cause not in (None, error):
                    raise cause from None  # "Current transaction is aborted": by `cause`
                raise
            finally:
                self._ambient.cursor = None
            self._writes.note(self._ambient.written)
            return result

    def _note(self, sql: str) -> None:
        """Count what a statement wrote: now, or once this thread's transaction is committed."""
        table = written_table(sql)
        if table == NO_TABLE:
            return
        if getattr(self._ambient, "cursor", None) is None:
            self._writes.note([table])
        else:
            self._ambient.written.add(table)

    def _execute(self, sql: str, params: Params) -> None:
        with self.cursor() as cursor:
            cursor.execute(sql, params).fetchall()
        self._note(sql)

    def _retry(self, work: Callable[[], Any]) -> Any:
        # A conflict aborts the whole transaction: only the outermost call can restart it.
        if getattr(self._ambient, "cursor", None) is not None:
            return work()
        until = time.monotonic() + CONFLICT_PATIENCE_S
        for attempt in itertools.count():
            try:
                return work()
            except duckdb.TransactionException as error:
                known = explain(error, self.path)
                if type(known) is not StorageError:
                    raise known from error  # not a conflict: the disk was full at commit
                if time.monotonic() > until:
                    raise WorkspaceBusy(
                        f"the workspace stayed busy: {error}", remedy="Try again in a moment."
                    ) from error
            except DuplicateKey:
                # DuckDB reports this too for a row added by another thread during an INSERT OR IGNORE.
                if attempt >= DUPLICATE_TRIES:
                    raise
            time.sleep(0.005 * 2 ** min(attempt, 4) * random.random())  # noqa: S311 - jitter
        return None


SIMPLER = "Ask for less: a join or a subquery without a condition pairs every row with every other."


def filled(kind: type[Row], rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Make a `kind` (a dataclass) of each row, its fields by the columns of the same names; other columns are left out.

    Raises `StorageError` where a column is missing, also one whose field has a default: the query forgot it.
    """
    names = [field.name for field in fields(kind) if field.init]
    made = []
    for row in rows:
        try:
            values = {name: row[name] for name in names}
        except KeyError as error:
            missing = ", ".join(name for name in names if name not in row)
            raise StorageError(f"there is no column {missing} to make a {kind.__name__} of") from error
        made.append(kind(**values))
    return made


MOST_SQL_LETTERS = 1_000_000


def check_sql(sql: str) -> None:
    """Raise `QueryError` for SQL that is too long or not UTF-8: DuckDB gives no readable error for it, or hangs."""
    if len(sql) > MOST_SQL_LETTERS:
        raise QueryError(f"this SQL has {len(sql):,} letters", remedy=f"Give at most {MOST_SQL_LETTERS:,}.")
    if has_lone_surrogate(sql):
        raise QueryError(
            "this SQL holds bytes that are not UTF-8 text", remedy="Type it again, or save its file as UTF-8."
        )
