"""A workspace's schema: what a fresh one has, and how an older one becomes a newer one."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from storage import Workspace, migrations
from storage.database import Database
from storage.database_errors import explain
from storage.errors import DiskFull, StorageError, WorkspaceDamaged, WorkspaceNewer

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = {
    "video": "video_id path source sha256 size_bytes duration_s fps width height codec rotation_deg imported_at",
    "clip": "clip_id video_id start_s end_s origin narration",
    "clip_tag": "clip_id tag created_at",
    "label": "label_id left_clip_id right_clip_id answer annotator kind simulated response_ms strategy created_at",
    "embedding": "clip_id model vector",
    "clip_features": "clip_id",
    "reward_model": "model_id name created_at seed settings metrics",
    "reward_score": "model_id clip_id reward reward_std",
    "clip_score": "clip_id",
    "validation_run": "run_id model_id created_at seed settings results",
    "clip_gain": "run_id clip_id gain gain_std",
    "ablation_run": "run_id",
    "job": "job_id kind state done total failed created_at started_at ended_at message",
    "job_event": "job_id",
    "job_failure": "job_id item error",
}
"""The names that the design promises to people's SQL."""
SINCE_FOUNDATION = ("video", "clip", "clip_tag", "job", "job_event", "job_failure")
CURRENT = max(migrations.migrations())


def test_a_fresh_workspace_has_the_promised_names(workspace: Workspace) -> None:
    rows = workspace.database.rows("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
    columns: dict[str, set[str]] = {}
    for row in rows:
        columns.setdefault(row["table_name"], set()).add(row["column_name"])
    assert set(SINCE_FOUNDATION) <= set(columns)
    for name, promised in PUBLIC.items():
        # The rest come with later migrations; once there, they are as promised.
        if name in columns:
            assert set(promised.split()) <= columns[name], name


@pytest.mark.parametrize("name", SINCE_FOUNDATION)
def test_every_promised_name_can_be_asked(workspace: Workspace, name: str) -> None:
    assert workspace.database.rows(f"FROM {name}") == []


def test_migrations_are_numbered_without_gaps() -> None:
    assert list(migrations.migrations()) == list(range(1, CURRENT + 1))


def test_every_migration_is_recorded_once(workspace: Workspace) -> None:
    rows = workspace.database.rows("SELECT version, applied_at FROM schema_version ORDER BY version")
    assert [row["version"] for row in rows] == list(range(1, CURRENT + 1))
    assert all(row["applied_at"] for row in rows)


def test_a_fresh_workspace_needs_no_backup_and_neither_does_a_current_one(tmp_path: Path) -> None:
    for _ in range(2):
        with Workspace(tmp_path) as workspace:
            assert not workspace.paths.backups.exists()


def with_next(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    """Let this version of Handpicked have more migrations."""
    known = migrations.migrations()
    more = {CURRENT + number: sql for number, sql in enumerate(statements, start=1)}
    monkeypatch.setattr(migrations, "migrations", lambda: known | more)


def fill(root: Path) -> None:
    """Make a workspace with something in it."""
    with Workspace(root) as workspace:
        workspace.jobs.create("k", "kept", 1)


def state(root: Path) -> tuple[int, list[str]]:
    """The version and the jobs of a workspace's file."""
    database = Database(root / "handpicked.duckdb", read_only=True)
    try:
        return migrations.version_of(database), [row["title"] for row in database.rows("SELECT title FROM job")]
    finally:
        database.close()


def test_an_older_workspace_is_migrated_after_a_backup_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    with_next(
        monkeypatch, "CREATE TABLE one (x INTEGER); INSERT INTO one VALUES (1);", "ALTER TABLE one ADD COLUMN y TEXT;"
    )
    with Workspace(tmp_path) as workspace:
        assert workspace.database.rows("SELECT * FROM one") == [{"x": 1, "y": None}]
        (backup,) = workspace.paths.backups.iterdir()
    assert state(tmp_path) == (CURRENT + 2, ["kept"])
    monkeypatch.undo()
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(backup, restored / "handpicked.duckdb")
    with Workspace(restored) as workspace:
        assert [job.title for job in workspace.jobs.find()] == ["kept"]
    assert state(restored) == (CURRENT, ["kept"])


def test_a_workspace_that_was_killed_is_backed_up_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still in the write-ahead log belongs to the backup."""
    live = tmp_path / "live"
    killed = tmp_path / "killed"
    with Workspace(live) as workspace:
        workspace.jobs.create("k", "in the log", 1)
        shutil.copytree(live, killed)
    assert (killed / "handpicked.duckdb.wal").exists()
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);")
    with Workspace(killed) as workspace:
        (backup,) = workspace.paths.backups.iterdir()
    (tmp_path / "restored").mkdir()
    shutil.copy(backup, tmp_path / "restored" / "handpicked.duckdb")
    assert state(tmp_path / "restored") == (CURRENT, ["in the log"])


@pytest.mark.parametrize(
    "bad",
    [
        "CREATE TABLE one (x INTEGER); DELETE FROM job_definition; INSERT INTO nowhere VALUES (1);",
        "ALTER TABLE clip_tag ADD COLUMN z TEXT; CREATE TABLE one (",
        "DELETE FROM job_definition; SELECT error('stop');",
    ],
)
def test_a_migration_that_fails_leaves_version_and_data_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    fill(tmp_path)
    with_next(monkeypatch, bad)
    with pytest.raises(StorageError):
        Workspace(tmp_path)
    assert state(tmp_path) == (CURRENT, ["kept"])
    monkeypatch.undo()
    with Workspace(tmp_path) as workspace:
        assert [job.title for job in workspace.jobs.find()] == ["kept"]
        assert workspace.database.scalar("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'one'") == 0
        assert len(list(workspace.paths.backups.iterdir())) == 1


def test_no_room_for_a_backup_means_no_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(DiskFull):
        Workspace(tmp_path)
    assert state(tmp_path) == (CURRENT, ["kept"])
    assert list((tmp_path / "backups").iterdir()) == []


def half_of(backup: Path, name: str) -> Path:
    """What a kill leaves where a copy is made under its good name."""
    half = backup.with_name(name)
    half.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    return half


def test_a_backup_that_a_kill_cut_off_is_never_under_a_good_name_and_goes_at_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);")
    Workspace(tmp_path).close()
    (good,) = (tmp_path / "backups").iterdir()
    assert migrations.is_whole(good)
    older = half_of(good, f"handpicked-v{CURRENT - 1}-20200101T000000Z.duckdb")
    unfinished = half_of(good, f".handpicked-v{CURRENT}-20200101T000001Z.duckdb.{'0' * 32}.part")
    last = good.with_name("handpicked-v1-20200101T000002Z.duckdb")
    last.write_bytes(good.read_bytes()[:-100])
    assert not migrations.is_whole(older)
    assert not migrations.is_whole(last)
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);", "CREATE TABLE two (x INTEGER);")
    Workspace(tmp_path).close()
    left = sorted((tmp_path / "backups").iterdir())
    assert good in left
    assert len(left) == 2
    assert all(migrations.is_whole(backup) for backup in left)
    assert not {older, unfinished, last} & set(left)


def test_a_damaged_workspace_names_the_newest_backup_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);")
    Workspace(tmp_path).close()
    (good,) = (tmp_path / "backups").iterdir()
    half_of(good, "handpicked-v9-29990101T000000Z.duckdb")
    (tmp_path / "handpicked.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(WorkspaceDamaged) as caught:
        Workspace(tmp_path)
    assert str(good) in caught.value.remedy
    assert "v9-2999" not in caught.value.remedy
    good.unlink()
    with pytest.raises(WorkspaceDamaged) as caught:
        Workspace(tmp_path)
    assert "backup" not in caught.value.remedy, "nothing is recommended that is not there"


def test_a_newer_workspace_is_refused_and_left_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);")
    Workspace(tmp_path).close()
    monkeypatch.undo()
    file = tmp_path / "handpicked.duckdb"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(WorkspaceNewer, match=f"schema {CURRENT + 1}; this one knows up to {CURRENT}") as caught:
        Workspace(tmp_path)
    assert "Update Handpicked" in caught.value.remedy
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert not (tmp_path / "handpicked.duckdb.wal").exists()
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_a_backup_that_is_not_known_to_be_cut_short_is_never_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that another process has open, one that a newer DuckDB wrote, one that can't be read, a person's own."""
    fill(tmp_path)
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);")
    Workspace(tmp_path).close()
    (good,) = (tmp_path / "backups").iterdir()
    said = {
        "handpicked-v1-20200101T000001Z.duckdb": "Could not set lock on file: Conflicting lock is held (PID 7)",
        "handpicked-v1-20200101T000002Z.duckdb": "file with storage version 99",
        "handpicked-v1-20200101T000003Z.duckdb": "Permission denied",
        "handpicked-v1-20200101T000004Z.duckdb": "something that nobody has seen before",
    }
    for name in said:
        shutil.copy(good, good.with_name(name))
    own = half_of(good, "handpicked-v1-before-the-move.duckdb")

    def opened(path: Path, **options: Any) -> Database:
        if path.name in said:
            raise explain(OSError(said[path.name]), path)
        return Database(path, **options)

    monkeypatch.setattr(migrations, "Database", opened)
    with_next(monkeypatch, "CREATE TABLE one (x INTEGER);", "CREATE TABLE two (x INTEGER);")
    Workspace(tmp_path).close()
    left = {file.name for file in (tmp_path / "backups").iterdir()}
    assert {*said, own.name, good.name} <= left
    assert len(left) == len(said) + 3
