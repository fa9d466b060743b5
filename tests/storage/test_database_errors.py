"""Errors inside transactions keep their cause, and a person's SQL ends at its limit."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from storage import Workspace
from storage.database import Database
from storage.errors import (
    QueryError,
    StorageError,
)

if TYPE_CHECKING:
    from pathlib import Path


MISFIT = pa.table({"i": ["no number"], "v": [1]})


def misfit(database: Database) -> None:
    """Write what the table can't hold."""
    database.write_arrow("INSERT INTO n SELECT * FROM incoming", MISFIT)


@pytest.mark.parametrize("inside", [True, False])
def test_rows_that_do_not_fit_are_named_at_once_in_and_out_of_a_transaction(database: Database, inside: bool) -> None:
    work = (lambda: database.transact(lambda: misfit(database))) if inside else (lambda: misfit(database))
    began = time.monotonic()
    with pytest.raises(StorageError, match="Could not convert string 'no number'"):
        work()
    assert time.monotonic() - began < 5, "an error is no conflict, and is not tried again for ten seconds"
    database.write("INSERT INTO n VALUES (1, 1)")


def test_what_fails_after_a_first_error_is_told_by_the_first_error(database: Database) -> None:
    def work() -> None:
        with contextlib.suppress(Exception):
            misfit(database)
        database.write("INSERT INTO n VALUES (1, 1)")  # "Current transaction is aborted"

    began = time.monotonic()
    with pytest.raises(StorageError, match="Could not convert string 'no number'"):
        database.transact(work)
    assert time.monotonic() - began < 5
    assert database.rows("SELECT * FROM n") == []


def test_an_error_that_was_let_pass_is_not_taken_for_a_commit(database: Database) -> None:
    def work() -> None:
        database.write("INSERT INTO n VALUES (1, 1)")
        with contextlib.suppress(Exception):
            misfit(database)

    with pytest.raises(StorageError, match="Could not convert string 'no number'"):
        database.transact(work)
    assert database.rows("SELECT * FROM n") == []


FAILS_LATE = "SELECT i // (i - 5000000) AS n FROM range(10000000) t(i)"


def test_an_error_in_the_midst_of_a_result_in_pieces_is_one_of_ours(database: Database) -> None:
    batches = database.batches(FAILS_LATE, rows=2048)
    assert next(batches).num_rows > 0
    with pytest.raises(StorageError, match="Division by zero"):
        list(batches)


@pytest.mark.parametrize("kind", [OSError, pa.ArrowInvalid])
def test_an_error_of_who_takes_the_pieces_stays_as_it_is(database: Database, kind: type[Exception]) -> None:
    def take() -> None:
        for _ in database.batches("FROM range(10)"):
            raise kind("the taker's own")

    with pytest.raises(kind, match="the taker's own"):
        take()


def test_an_error_of_pieces_that_was_let_pass_ends_the_transaction_at_once(database: Database) -> None:
    def work() -> None:
        with contextlib.suppress(StorageError):
            list(database.batches(FAILS_LATE, rows=2048))
        database.write("INSERT INTO n VALUES (1, 1)")

    began = time.monotonic()
    with pytest.raises(StorageError, match="Division by zero"):
        database.transact(work)
    assert time.monotonic() - began < 5, "it is no conflict, and is not tried again for ten seconds"
    assert database.rows("SELECT * FROM n") == []


def test_sql_of_a_person_that_fails_is_told_by_its_own_error(database: Database) -> None:
    with pytest.raises(QueryError, match="no number"):
        database.read_only("SELECT i FROM n UNION ALL SELECT CAST('no number' AS INTEGER)")


ENDLESS = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 3"


def test_sql_of_a_person_is_stopped_at_its_limit_and_what_others_ask_goes_on(database: Database) -> None:
    database.write("INSERT INTO n VALUES (1, 1)")
    refusals: list[Exception] = []

    def ask() -> None:
        with pytest.raises(QueryError) as caught:
            database.read_only(ENDLESS, limit_s=0.5)
        refusals.append(caught.value)

    asking = threading.Thread(target=ask)
    asking.start()
    while asking.is_alive():
        assert database.scalar("SELECT count(*) FROM n") == 1
    assert "had no answer after 0.5 s and was stopped. Ask for less" in str(refusals[0])
    assert database.read_only("SELECT 1") == [(1,)]


def test_an_answer_within_the_limit_is_not_touched(database: Database) -> None:
    for _ in range(50):
        assert database.read_only("SELECT 1", limit_s=60) == [(1,)]
    assert not [thread for thread in threading.enumerate() if thread.name == "time limit of a query"]


def test_closing_waits_for_a_thread_that_is_asking_for_a_cursor(tmp_path: Path) -> None:
    class Busy:
        tries = 0

        def close(self) -> None:
            self.tries += 1
            if self.tries < 3:
                raise duckdb.Error("connection is busy with another call; it refuses instead of waiting")

    database = Database(tmp_path / "n.duckdb")
    real, database._connection = database._connection, Busy()  # type: ignore[assignment]
    database.close()
    assert database._connection.tries == 3  # type: ignore[attr-defined]
    real.close()


def test_leaving_a_workspace_with_an_error_keeps_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Workspace.close

    def close_badly(self: Workspace) -> None:
        real(self)
        raise StorageError("the last write failed")

    monkeypatch.setattr(Workspace, "close", close_badly)
    with pytest.raises(ValueError, match="what really happened"), Workspace(tmp_path / "w"):
        raise ValueError("what really happened")
    with pytest.raises(StorageError, match="the last write failed"), Workspace(tmp_path / "w"):
        pass
