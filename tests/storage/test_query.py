"""Read-only SQL for people: the database itself refuses everything else."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage import Workspace
from storage.errors import QueryError, StorageError, WorkspaceDamaged, WorkspaceLocked
from storage.query import query


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a closed workspace with one job; the current folder is an empty one."""
    with Workspace(tmp_path / "workspace") as workspace:
        workspace.jobs.create("k", "kept", 7)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return workspace.paths.database


def test_a_question_is_answered(file: Path) -> None:
    assert query(file, "SELECT title, total FROM job").to_pylist() == [{"title": "kept", "total": 7}]
    assert query(file, "WITH t AS (SELECT 1 AS x) SELECT x FROM t ORDER BY x;").to_pylist() == [{"x": 1}]
    assert query(file, "DESCRIBE video").num_rows > 10
    assert query(file, "FROM job SELECT created_at").num_rows == 1
    assert query(file, "EXPLAIN SELECT 1").num_rows > 0


@pytest.mark.parametrize("sql", ["", ";", "-- nothing", "  \n"])
def test_nothing_asked_is_nothing_answered(file: Path, sql: str) -> None:
    assert query(file, sql).num_rows == 0


REFUSED = [
    "INSERT INTO clip_tag VALUES ('a', 'b', now())",
    "UPDATE job_definition SET title = 'x'",
    "DELETE FROM job_definition",
    "DROP TABLE video",
    "DROP VIEW job",
    "ALTER TABLE video ADD COLUMN x INTEGER",
    "CREATE TABLE x (i INTEGER)",
    "CREATE VIEW x AS SELECT 1",
    "TRUNCATE job_definition",
    "SELECT nextval('job_sequence')",
    "COPY (SELECT 1) TO 'out.csv'",
    "COPY job_definition TO 'out.parquet' (FORMAT parquet)",
    "COPY job_definition FROM '../secret.csv'",
    "EXPORT DATABASE 'dump'",
    "IMPORT DATABASE 'dump'",
    "ATTACH 'other.duckdb'",
    "ATTACH '../workspace/handpicked.duckdb' AS w (READ_WRITE)",
    "SELECT * FROM read_csv('../secret.csv')",
    "SELECT * FROM '../secret.csv'",
    "SELECT * FROM read_text('../secret.csv')",
    "SELECT * FROM read_blob('../secret.csv')",
    "SELECT * FROM glob('../*')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "FORCE INSTALL spatial",
    "SET threads = 1",
    "SET memory_limit = '1GB'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "PRAGMA threads = 1",
    "SET temp_directory = 'there'",
    "SET log_query_path = 'log.txt'",
    "SELECT 1; DROP TABLE video",
    "SELECT 1; INSERT INTO clip_tag VALUES ('a', 'b', now()); SELECT 2",
    "BEGIN; DELETE FROM job_definition; COMMIT",
    "SELECT nonsense FROM nowhere",
    "SELEKT 1",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_all_that_is_no_question_is_refused_and_leaves_nothing_behind(file: Path, sql: str) -> None:
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(QueryError):
        query(file, sql)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert list(Path().iterdir()) == []
    assert {path.name for path in file.parent.iterdir()} == {"handpicked.duckdb", "jobs", "media", "settings"}


def test_where_there_is_no_workspace_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no workspace"):
        query(tmp_path / "handpicked.duckdb", "SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_an_open_workspace_is_said_to_be_open(file: Path) -> None:
    code = "import sys; from storage.query import query; from pathlib import Path; query(Path(sys.argv[1]), 'SELECT 1')"
    with Workspace(file.parent):
        done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert WorkspaceLocked.__name__ in done.stderr
    assert f"process {os.getpid()}" in done.stderr


def test_what_a_killed_process_had_committed_is_seen(file: Path, tmp_path: Path) -> None:
    with Workspace(file.parent) as workspace:
        workspace.jobs.create("k", "in the log", 1)
        shutil.copytree(file.parent, tmp_path / "killed")
    titles = query(tmp_path / "killed" / "handpicked.duckdb", "SELECT title FROM job ORDER BY job_id").to_pylist()
    assert titles == [{"title": "kept"}, {"title": "in the log"}]


def test_what_python_has_no_value_for_is_refused_with_the_way_out(file: Path) -> None:
    for sql in ("SELECT '290000-01-01'::TIMESTAMP AS at", "SELECT 'infinity'::DATE AS at"):
        with pytest.raises(QueryError, match="before the year 1 or after 9999") as caught:
            query(file, sql)
        assert 'CAST("at" AS VARCHAR)' in caught.value.remedy
    assert query(file, "SELECT TIMESTAMP '2026-11-26 10:00:00' AS at").num_rows == 1


def test_two_columns_of_one_name_are_both_shown(file: Path) -> None:
    assert query(file, "SELECT 1 AS a, 2 AS a, 3 AS b").to_pylist() == [{"a": 1, "a_2": 2, "b": 3}]


@pytest.mark.parametrize("sql", ["SELECT '\udcff'", "SELECT '" + "x" * 2_000_000 + "'"])
def test_sql_that_is_no_text_or_endless_is_refused_in_words(file: Path, sql: str) -> None:
    with pytest.raises(QueryError, match="this SQL h"):
        query(file, sql)


def test_a_query_is_stopped_at_its_limit(file: Path) -> None:
    endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 3"
    with pytest.raises(QueryError, match=r"had no answer after 0.3 s and was stopped") as caught:
        query(file, endless, limit_s=0.3)
    assert "--time-limit" in caught.value.remedy


def test_an_answer_that_would_fill_the_memory_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.query.MOST_BYTES", 1 << 20)
    assert query(file, "SELECT * FROM range(100000)").num_rows == 100_000
    with pytest.raises(QueryError, match="the answer is larger than 1 MiB"):
        query(file, "SELECT * FROM range(100000000000)")


def test_what_goes_wrong_in_the_midst_of_an_answer_is_told(file: Path) -> None:
    with pytest.raises(QueryError, match="Division by zero"):
        query(file, "SELECT i // (i - 5000000) FROM range(10000000) t(i)")


def test_a_damaged_workspace_names_the_backup_to_go_back_to(file: Path) -> None:
    backup = file.parent / "backups" / "handpicked-v1-20200101T000000Z.duckdb"
    backup.parent.mkdir()
    shutil.copy(file, backup)
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(WorkspaceDamaged) as caught:
        query(file, "SELECT 1")
    assert str(backup) in caught.value.remedy
