"""Observes what the store asks DuckDB: each statement, and how many rows came back of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb
    import pytest

__all__ = ["Asked", "Statement", "observe"]


@dataclass
class Statement:
    """A statement, and the rows fetched of its result."""

    sql: str
    rows: int = 0


@dataclass
class Asked:
    """The statements of a stretch of work, in their order."""

    statements: list[Statement] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows fetched."""
        return sum(statement.rows for statement in self.statements)

    def most(self) -> Statement:
        """The statement of which most rows were fetched: for the message of a test that fails."""
        return max(self.statements, key=lambda statement: statement.rows)


class _Cursor:
    """A cursor that notes its statements; everything else is the real one's."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, asked: Asked) -> None:
        self._cursor = cursor
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, sql: str, params: Any = None) -> _Cursor:
        self._asked.statements.append(Statement(sql))
        self._cursor.execute(sql, params)
        return self

    def sql(self, sql: str, params: Any = None) -> _Relation | None:
        self._asked.statements.append(Statement(sql))
        found: duckdb.DuckDBPyRelation | None = self._cursor.sql(sql, params=params)
        return None if found is None else _Relation(found, self._asked.statements[-1])

    def fetchall(self) -> Sequence[Any]:
        rows = self._cursor.fetchall()
        self._asked.statements[-1].rows += len(rows)
        return rows


class _Relation:
    """A result that notes how many rows are taken of it."""

    def __init__(self, relation: duckdb.DuckDBPyRelation, statement: Statement) -> None:
        self._relation = relation
        self._statement = statement

    def __getattr__(self, name: str) -> Any:
        return getattr(self._relation, name)

    def to_arrow_table(self) -> Any:
        table = self._relation.to_arrow_table()
        self._statement.rows += table.num_rows
        return table


def observe(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """From now on, notes every statement of every database of this process, also of other threads."""
    asked = Asked()
    real = Database.cursor

    @contextlib.contextmanager
    def cursor(database: Database) -> Iterator[_Cursor]:
        with real(database) as opened:
            yield _Cursor(opened, asked)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "cursor", cursor)
    return asked
