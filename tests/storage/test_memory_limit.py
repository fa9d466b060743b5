"""What does not fit in memory goes to a private folder that is gone afterwards; what fits nowhere is said in words."""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from storage.database import CONFIG, Database
from storage.errors import DiskFull, QueryError, StorageError, WorkspaceReadOnly
from storage.query import query

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = "SELECT hash(range)::VARCHAR AS s FROM range(1000000)"
SORTED = "SELECT s, s || s || s || s AS more FROM many ORDER BY s"
TOO_MUCH = "SELECT list(s || s || s ORDER BY s) AS all_of_them FROM many"
SAID = r"this needs more than the 1 GB of memory that the database may use\. Ask for fewer rows or columns"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed database of a million rows; opened again, it may use little memory."""
    path = tmp_path / "many.duckdb"
    database = Database(path)
    database.write(f"CREATE TABLE many AS {MANY}")
    database.close()
    monkeypatch.setitem(CONFIG, "memory_limit", "30MB")
    monkeypatch.setitem(CONFIG, "threads", 1)
    return path


@pytest.fixture
def little_memory(file: Path) -> Iterator[Database]:
    database = Database(file)
    yield database
    database.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_statement_that_needs_too_much_memory_is_told_in_words_without_locked_settings(
    little_memory: Database,
) -> None:
    asked = (
        little_memory.rows,
        little_memory.table,
        little_memory.read_only,
        lambda sql: list(little_memory.batches(sql)),
        lambda sql: little_memory.transact(lambda: little_memory.rows(sql)),
    )
    for ask in asked:
        with pytest.raises(StorageError, match=SAID) as caught:
            ask(TOO_MUCH)
        assert "SET " not in str(caught.value)
    assert little_memory.scalar("SELECT count(*) FROM many") == 1_000_000


def test_a_query_that_needs_too_much_memory_is_told_in_words(file: Path) -> None:
    with pytest.raises(QueryError, match=SAID):
        query(file, TOO_MUCH)


def test_advice_to_change_a_locked_setting_is_left_out_and_other_advice_stays(file: Path) -> None:
    with pytest.raises(QueryError, match=r"Division by zero.*Use TRY\(\.\.\.\) to return NULL") as caught:
        query(file, "SELECT 1 // (range - 2) FROM range(5)")
    assert "SET" not in str(caught.value)


def test_a_full_disk_is_told_as_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIG, "lock_configuration", "false")
    database = Database(file)
    database.write("SET max_temp_directory_size = '256KB'")
    with pytest.raises(DiskFull, match=r"the disk has no room for the rest of it\. Free some space"):
        list(database.batches(SORTED))
    database.close()


def test_a_folder_that_can_not_be_made_is_named_with_the_way_out(file: Path) -> None:
    beside = file.with_name("many.duckdb.tmp")
    beside.symlink_to(file.parent / "nowhere" / "at all")
    database = Database(file)
    with pytest.raises(WorkspaceReadOnly, match=r"many\.duckdb\.tmp, can't be made") as caught:
        list(database.batches(SORTED))
    assert "fewer rows or columns" in caught.value.remedy
    database.close()
    assert beside.is_symlink(), "a person's own"


def test_what_is_sorted_of_a_database_that_is_only_read_leaves_nothing_beside_it(file: Path) -> None:
    database = Database(file, read_only=True)
    batches = database.batches(SORTED)
    next(batches)
    (folder,) = {Path(row["path"]).parent for row in database.rows("SELECT path FROM duckdb_temporary_files()")}
    assert folder.parent == Path(tempfile.gettempdir())
    assert mode(folder) == 0o700
    assert list(file.parent.iterdir()) == [file]
    batches.close()
    database.close()
    assert not folder.exists()


def test_the_folder_of_a_command_that_only_reads_is_gone_with_it(file: Path) -> None:
    """Commands end by `os._exit`, which runs nothing that would clean up at the interpreter's end."""
    code = (
        "import os, sys; from pathlib import Path; from storage.database import Database\n"
        "database = Database(Path(sys.argv[1]), read_only=True)\n"
        "print(database.scalar(\"SELECT current_setting('temp_directory')\"), flush=True)\n"
        "database.close(); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    folder = Path(done.stdout.strip())
    assert folder.name.startswith("handpicked-")
    assert not folder.exists()


def test_where_no_folder_can_be_made_a_database_is_read_all_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.folder_for_reading", lambda: None)
    assert query(file, "SELECT count(*) AS n FROM many").to_pylist() == [{"n": 1_000_000}]


def test_what_is_sorted_beside_a_database_is_private_and_gone_when_it_is_closed(file: Path) -> None:
    beside = file.with_name("many.duckdb.tmp")
    database = Database(file)
    batches = database.batches(SORTED)
    next(batches)
    assert list(beside.iterdir()) != []
    assert mode(beside) == 0o700
    Database(file).close()
    assert list(beside.iterdir()) != [], "another connection of this process takes nothing away"
    assert sum(batch.num_rows for batch in batches) < 1_000_000
    database.close()
    assert list(file.parent.iterdir()) == [file]


def test_what_a_killed_process_left_beside_its_database_is_removed_on_opening(tmp_path: Path) -> None:
    Workspace(tmp_path / "w").close()
    beside = tmp_path / "w" / "handpicked.duckdb.tmp"
    beside.mkdir(mode=0o755)
    (beside / "duckdb_temp_1_0_storage_S32K-0.tmp").write_bytes(b"rows of clips")
    (beside / "notes.txt").write_text("a person's", encoding="utf-8")
    with Workspace(tmp_path / "w"):
        assert [file.name for file in beside.iterdir()] == ["notes.txt"]
        assert mode(beside) == 0o700
    (beside / "notes.txt").unlink()
    with Workspace(tmp_path / "w"):
        pass
    assert not beside.exists()
