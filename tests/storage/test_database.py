"""The DuckDB file under many threads, and its transactions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from storage.errors import (
    DuplicateKey,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.database import Database


def in_threads(count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Run `work(number)` in so many threads at once; returns what they raised."""
    raised: list[BaseException] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


# --- many threads ----------------------------------------------------------------------------------------------------


def test_appends_from_many_threads_all_arrive(database: Database) -> None:
    def append(number: int) -> None:
        for k in range(50):
            database.write("INSERT INTO n VALUES (?, ?)", [number * 1000 + k, k])

    assert in_threads(8, append) == []
    assert database.scalar("SELECT count(*) FROM n") == 400


def test_updates_of_one_row_from_many_threads_all_count(database: Database) -> None:
    database.write("INSERT INTO n VALUES (1, 0)")

    def add(_number: int) -> None:
        for _ in range(50):
            database.write("UPDATE n SET v = v + 1 WHERE i = 1")

    assert in_threads(8, add) == []
    assert database.scalar("SELECT v FROM n") == 400


def test_transactions_that_read_and_write_lose_no_update(database: Database) -> None:
    database.write("INSERT INTO n VALUES (1, 0)")

    def add_one() -> None:
        seen = database.scalar("SELECT v FROM n WHERE i = 1")
        database.write("UPDATE n SET v = ? WHERE i = 1", [seen + 1])

    def add(_number: int) -> None:
        for _ in range(25):
            database.transact(add_one)

    assert in_threads(8, add) == []
    assert database.scalar("SELECT v FROM n") == 200


def test_the_same_row_added_by_many_threads_is_there_once(database: Database) -> None:
    def add(number: int) -> None:
        for k in range(50):
            database.write("INSERT OR IGNORE INTO n VALUES (?, ?)", [k, number])
            rows = pa.table({"i": pa.array([1000 + k, 2000 + k], pa.int32()), "v": pa.array([0, 0], pa.int32())})
            database.write_arrow("INSERT OR IGNORE INTO n SELECT * FROM incoming", rows)

    assert in_threads(8, add) == []
    assert database.scalar("SELECT count(*) FROM n") == 150


def test_readers_are_not_in_the_way_of_writers(database: Database) -> None:
    def work(number: int) -> None:
        for k in range(50):
            if number % 2:
                database.write("INSERT INTO n VALUES (?, 0)", [number * 1000 + k])
            else:
                database.rows("SELECT * FROM n")
                database.table("SELECT count(*) AS c FROM n")

    assert in_threads(6, work) == []
    assert database.scalar("SELECT count(*) FROM n") == 150


# --- transactions ----------------------------------------------------------------------------------------------------


def test_an_error_takes_the_whole_transaction_back(database: Database) -> None:
    def work() -> None:
        database.write("INSERT INTO n VALUES (1, 1)")
        assert database.scalar("SELECT count(*) FROM n") == 1
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        database.transact(work)
    assert database.scalar("SELECT count(*) FROM n") == 0
    database.write("INSERT INTO n VALUES (1, 1)")


def test_a_transaction_within_a_transaction_is_part_of_it(database: Database) -> None:
    def inner() -> str:
        database.write("INSERT INTO n VALUES (2, 2)")
        return "inner"

    def outer(stumble: bool) -> str:
        database.write("INSERT INTO n VALUES (1, 1)")
        said: str = database.transact(inner)
        if stumble:
            raise ValueError("stop")
        return said

    with pytest.raises(ValueError, match="stop"):
        database.transact(lambda: outer(stumble=True))
    assert database.rows("SELECT * FROM n") == []
    assert database.transact(lambda: outer(stumble=False)) == "inner"
    assert database.scalar("SELECT count(*) FROM n") == 2


def test_others_see_nothing_of_a_transaction_before_its_end(database: Database) -> None:
    seen: list[int] = []

    def work() -> None:
        database.write("INSERT INTO n VALUES (1, 1)")
        other = threading.Thread(target=lambda: seen.append(database.scalar("SELECT count(*) FROM n")))
        other.start()
        other.join()

    database.transact(work)
    assert seen == [0]


def test_a_duplicate_key_is_an_error_with_a_name_and_changes_nothing(database: Database) -> None:
    database.write("INSERT INTO n VALUES (1, 1)")
    with pytest.raises(DuplicateKey, match="Duplicate key"):
        database.write("INSERT INTO n VALUES (2, 2), (1, 9)")
    assert database.rows("SELECT * FROM n") == [{"i": 1, "v": 1}]


def test_values_are_never_sql(database: Database) -> None:
    database.write("CREATE TABLE t (s TEXT)")
    nasty = "'); DROP TABLE n; --"
    database.write("INSERT INTO t VALUES (?)", [nasty])
    assert database.scalar("SELECT s FROM t WHERE s = ?", [nasty]) == nasty
    assert database.row("SELECT * FROM n") is None


def test_a_closed_workspace_says_so(database: Database) -> None:
    database.close()
    with pytest.raises(StorageError, match="closed"):
        database.rows("SELECT 1")


def test_our_own_sql_reads_and_writes_no_other_file(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        database.write(f"COPY n TO '{tmp_path / 'out.csv'}'")
    with pytest.raises(StorageError):
        database.write("SET enable_external_access = true")
    assert not (tmp_path / "out.csv").exists()
