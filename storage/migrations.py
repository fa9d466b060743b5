"""Migrates a workspace's schema to this version: numbered SQL files, each in a transaction, after a backup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

from engine.files.replace_whole import copy_whole
from storage.database import Database
from storage.database_errors import BEYOND_THE_END, explain
from storage.errors import StorageError, WorkspaceDamaged, WorkspaceNewer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["migrations", "open_migrated", "open_or_advise"]

HEADERS_BYTES = 3 * 4096
"""Size of a DuckDB file's header."""


def migrations() -> dict[int, str]:
    """Version → SQL, in order. File names are `0001_what_it_does.sql`, numbered without gaps."""
    found = {}
    for file in resources.files("storage").joinpath("schema").iterdir():
        match = re.fullmatch(r"(\d{4})_\w+\.sql", file.name)
        if match:
            found[int(match.group(1))] = file.read_text(encoding="utf-8")
    return dict(sorted(found.items()))


def version_of(database: Database) -> int:
    """The schema version recorded in the file; 0 for a new one."""
    known = database.scalar("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_version'")
    return int(database.scalar("SELECT coalesce(max(version), 0) FROM schema_version")) if known else 0


def open_migrated(path: Path, backups: Path) -> Database:
    """Open the file at `path`, created if absent, and migrate it to the current version.

    Raises `WorkspaceNewer` for a file of a later version, which is left untouched, and the errors of `Database`.
    """
    database = open_or_advise(path, backups)
    try:
        version = version_of(database)
        known = migrations()
        current = max(known)
        if version > current:
            raise WorkspaceNewer(
                f"{path.parent} was written by a newer Handpicked (schema {version}; this one knows up to {current}).",
                remedy="Update Handpicked, or choose another folder with --workspace.",
            )
        if 0 < version < current:
            database.close()
            back_up(path, backups, version)
            database = Database(path)
        for number, sql in known.items():
            if number > version:
                apply(database, number, sql)
    except BaseException:
        database.close()
        raise
    return database


def open_or_advise(path: Path, backups: Path, *, read_only: bool = False) -> Database:
    """Open the file at `path`; where it is damaged, the error names the backup to restore."""
    try:
        return Database(path, read_only=read_only)
    except WorkspaceDamaged as error:
        raise WorkspaceDamaged(error.message, remedy=restore_advice(path, backups)) from error


def apply(database: Database, number: int, sql: str) -> None:
    """Run one migration and record it, in one transaction."""

    def work() -> None:
        database.write(sql)
        database.write("INSERT INTO schema_version VALUES (?, ?)", [number, datetime.now(UTC)])

    database.transact(work)


def back_up(path: Path, backups: Path, version: int) -> Path:
    """Copy the closed database file into `backups`, named by its version and the time."""
    target = backups / f"{path.stem}-v{version}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{path.suffix}"
    try:
        backups.mkdir(parents=True, exist_ok=True)
        for half in half_backups(path, backups):
            half.unlink(missing_ok=True)
        copy_whole(path, target)
    except OSError as error:
        raise explain(error, path) from error
    return target


def restore_advice(path: Path, backups: Path) -> str:
    """The remedy for a damaged file at `path`: restore the newest complete backup, where there is one."""
    names = sorted(backups.glob(f"{path.stem}-v*{path.suffix}"), key=lambda file: file.stat().st_mtime, reverse=True)
    whole = next((file for file in names if is_whole(file)), None)
    if whole is None:
        return "Move it away to start anew."
    return f"Copy {whole} over it, or move it away to start anew."


def half_backups(path: Path, backups: Path) -> list[Path]:
    """Incomplete backups of `path`, under a temporary name or, from earlier versions, under a backup's name.

    The caller deletes them, so only files known to be truncated count: not a backup that another process has open,
    that can't be read, that a newer DuckDB wrote, or that a person put there under another name.
    """
    unfinished = list(backups.glob(f".{path.stem}-v*{path.suffix}.*.part"))
    ours = re.compile(rf"{re.escape(path.stem)}-v\d+-\d{{8}}T\d{{6}}Z{re.escape(path.suffix)}")
    return unfinished + [file for file in backups.iterdir() if ours.fullmatch(file.name) and is_cut_short(file)]


def is_whole(backup: Path) -> bool:
    """Whether a copy of a database file opens and has all the blocks that its header lists."""
    try:
        return backup.stat().st_size >= spoken_of_bytes(backup)
    except (StorageError, OSError):
        return False


def is_cut_short(backup: Path) -> bool:
    """Whether a copy of a database file is certainly truncated; False where that is unknown."""
    try:
        size_bytes = backup.stat().st_size
        return size_bytes < HEADERS_BYTES or size_bytes < spoken_of_bytes(backup)
    except WorkspaceDamaged as error:
        return BEYOND_THE_END in error.message
    except (StorageError, OSError):
        return False


def spoken_of_bytes(backup: Path) -> int:
    """The length of a database file by its header. Raises `StorageError` where it does not open."""
    database = Database(backup, read_only=True)
    try:
        (row,) = database.rows("SELECT block_size, total_blocks FROM pragma_database_size()")
    finally:
        database.close()
    return HEADERS_BYTES + int(row["block_size"]) * int(row["total_blocks"])
