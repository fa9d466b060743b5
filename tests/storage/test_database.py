"""The DuckDB file under many threads, and what a person is told when it can't be used."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from storage import Workspace
from storage.database import Database
from storage.database_errors import explain
from storage.errors import (
    DuplicateKey,
    QueryError,
    StorageError,
    WorkspaceDamaged,
    WorkspaceLocked,
    WorkspaceNewer,
    WorkspaceReadOnly,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty file with one table."""
    opened = Database(tmp_path / "test.duckdb")
    opened.write("CREATE TABLE n (i INTEGER PRIMARY KEY, v INTEGER)")
    yield opened
    opened.close()


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


# --- files that can't be used ----------------------------------------------------------------------------------------


def test_a_locked_workspace_names_the_process_that_holds_it_and_the_way_out(tmp_path: Path) -> None:
    code = (
        "import sys; from storage import Workspace; w = Workspace(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WorkspaceLocked, match=f"process {holder.pid}") as caught:
            Workspace(tmp_path)
        assert str(tmp_path) in caught.value.message
        assert "Close the app" in caught.value.remedy
    finally:
        holder.communicate()
    Workspace(tmp_path).close()


def test_a_workspace_that_was_killed_opens_again_with_all_that_was_committed(tmp_path: Path) -> None:
    code = (
        "import os, sys; from storage import Workspace; w = Workspace(sys.argv[1]); "
        "[w.jobs.create('k', str(n), 1) for n in range(20)]; os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    with Workspace(tmp_path) as workspace:
        assert len(workspace.jobs.find()) == 20
        assert workspace.jobs.create("k", "next", 1) == 21


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace with some megabytes in it."""
    root = tmp_path_factory.mktemp("filled")
    with Workspace(root) as workspace:
        workspace.database.write(
            "CREATE TABLE plain AS SELECT md5(range::TEXT) AS a, md5((range * 7)::TEXT) AS b FROM range(60000)"
        )
    return root


@pytest.fixture
def copy(filled: Path, tmp_path: Path) -> Path:
    """The database file of a copy of that workspace."""
    shutil.copytree(filled, tmp_path / "copy")
    return tmp_path / "copy" / "handpicked.duckdb"


def read_all(root: Path) -> list[dict[str, Any]]:
    """Open a workspace and read every value of it."""
    with Workspace(root) as workspace:
        return workspace.database.rows("SELECT count(*) AS n, bit_xor(hash(a, b)) AS h FROM plain")


@pytest.mark.parametrize("content", [b"", b"x", b"not a database\n" * 5000], ids=["empty", "one byte", "text"])
def test_a_file_that_is_no_database_is_called_damaged_and_left_alone(copy: Path, content: bytes) -> None:
    copy.write_bytes(content)
    with pytest.raises(WorkspaceDamaged, match="is damaged") as caught:
        Workspace(copy.parent)
    assert str(copy) in caught.value.message
    assert "Move it away" in caught.value.remedy
    assert copy.read_bytes() == content


def test_flipped_bytes_are_found_out_wherever_they_matter(copy: Path) -> None:
    whole = copy.read_bytes()
    expected = read_all(copy.parent)
    found = 0
    for place in range(0, len(whole), len(whole) // 12):
        data = bytearray(whole)
        data[place : place + 64] = bytes(byte ^ 0xFF for byte in data[place : place + 64])
        copy.write_bytes(data)
        try:
            assert read_all(copy.parent) == expected, "a wrong value was read without a word"
        except WorkspaceDamaged:
            found += 1
    assert found > 5


def test_a_file_cut_short_is_called_damaged(copy: Path) -> None:
    data = copy.read_bytes()
    copy.write_bytes(data[: len(data) // 2])
    with pytest.raises(WorkspaceDamaged):
        read_all(copy.parent)


def test_a_file_of_a_newer_duckdb_is_called_newer(tmp_path: Path) -> None:
    said = RuntimeError(
        "IO Error: Trying to read a database file with storage version number 99, but we can only read …"
    )
    assert isinstance(explain(said, tmp_path / "x.duckdb"), WorkspaceNewer)


def as_nobody(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python as a user without rights here; as whoever we are, where we have none to give up."""
    drop = "import os; os.getuid() or (os.setgid(65534), os.setuid(65534))\n"
    command = [sys.executable, "-c", f"import storage\n{drop}{code}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


OPEN = """
import sys
from storage import Workspace
from storage.errors import WorkspaceReadOnly
try:
    Workspace(sys.argv[1])
except WorkspaceReadOnly as error:
    print(error)
else:
    print("opened")
"""


@pytest.mark.parametrize("there", ["workspace", "empty folder", "nothing"])
def test_a_folder_that_can_not_be_written_to_is_called_so(there: str, copy: Path) -> None:
    root = copy.parent if there == "workspace" else copy.parent / "sub"
    if there == "empty folder":
        root.mkdir()
    # The interpreter's own way to the folder must stay open to nobody.
    for folder in (copy.parent, *copy.parent.parents):
        if (
            os.access(folder, os.W_OK)
            and folder.stat().st_uid == os.getuid()
            and folder.name.startswith(("pytest", "test_"))
        ):
            folder.chmod(0o755)
    for path in [copy.parent, *copy.parent.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = as_nobody(OPEN, root)
    finally:
        copy.parent.chmod(0o755)
    assert "can't be" in done.stdout, done.stderr
    assert str(root) in done.stdout
    assert "--workspace" in done.stdout


def test_a_file_in_place_of_the_folder_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(WorkspaceReadOnly, match="can't be used as a workspace"):
        Workspace(tmp_path / "file")


# --- errors inside transactions keep their cause ---------------------------------------------------------------------

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
