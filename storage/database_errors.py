"""What DuckDB or the system said, as the error that a person needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from storage.errors import (
    DiskFull,
    DuplicateKey,
    QueryError,
    StorageError,
    WorkspaceClosed,
    WorkspaceDamaged,
    WorkspaceLocked,
    WorkspaceNewer,
    WorkspaceReadOnly,
)
from storage.spill import SPILLED

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BEYOND_THE_END", "MEMORY_LIMIT_GB", "explain", "refusal"]

MEMORY_LIMIT_GB = 1
"""The memory that the database may use. Its cache of pages would else grow to most of the machine's."""

BEYOND_THE_END = "Could not read enough bytes"
"""What DuckDB says of a file that ends before its blocks do."""
SIGNS_OF_DAMAGE = ("not a valid DuckDB database file", "Corrupt database", "checksum", BEYOND_THE_END)
OUT_OF_MEMORY = re.compile(r"(?:TransactionContext Error: Failed to commit: )?Out of Memory Error")
NO_FOLDER = re.compile(r'IO Error: Failed to create directory "(.*)": (.*)')
SET_ADVICE = re.compile(r", or SET \w+ ?= ?\w+[^.]*")
"""Advice to change one of the settings, which are locked."""
FEWER = "ask for fewer rows or columns"


def explain(error: Exception, path: Path) -> StorageError:
    """The error of ours that says it, with the way out."""
    text = str(error)
    if "Could not set lock" in text or "Conflicting lock" in text:
        holder = re.search(r"PID (\d+)", text)
        who = f"process {holder.group(1)}" if holder else "another process"
        return WorkspaceLocked(
            f"{path.parent} is open in {who}.",
            remedy="Close the app (or the command) that uses it, or work in the app itself; "
            "a workspace is open in one process at a time.",
        )
    if short := shortage(error, path):
        return short
    if isinstance(error, duckdb.ConstraintException):
        return DuplicateKey(text) if "Duplicate key" in text else StorageError(text)
    if "storage version" in text:
        return WorkspaceNewer(
            f"{path} was written by a newer DuckDB: {text.splitlines()[0]}",
            remedy="Update Handpicked and its packages.",
        )
    if any(sign in text for sign in SIGNS_OF_DAMAGE):
        return WorkspaceDamaged(
            f"{path} is damaged: {text.splitlines()[0]}",
            remedy="Move it away to start anew.",
        )
    if says_full(text):
        return DiskFull(
            f"the disk that holds {path.parent} is full.",
            remedy="Free some space, then try again; a job can be resumed.",
        )
    if isinstance(error, duckdb.FatalException | duckdb.InternalException):
        msg = f"the database stopped after an internal error: {text.splitlines()[0]}"
        return WorkspaceClosed(msg, remedy="Start the app again; what was stored is kept.")
    if isinstance(error, PermissionError) or "Permission denied" in text or "Read-only file system" in text:
        return WorkspaceReadOnly(
            f"{path.parent} can't be written to.",
            remedy="Choose another folder with --workspace, or give yourself write permission on this one.",
        )
    return StorageError(text)


def refusal(error: Exception, path: Path) -> QueryError:
    """The same of SQL that a person wrote: DuckDB's own words, which are about that SQL, except for a shortage."""
    if short := shortage(error, path):
        return QueryError(short.message, remedy=short.remedy)
    return QueryError(SET_ADVICE.sub("", str(error)).strip())


def shortage(error: Exception, path: Path) -> StorageError | None:
    """What a statement needs more of than there is: memory, or room for what does not fit in it. None for others.

    DuckDB's advice is to change its settings, which are locked.
    """
    text = str(error)
    if (OUT_OF_MEMORY.match(text) and "max_temp_directory_size" in text) or (SPILLED in text and says_full(text)):
        return DiskFull(
            "this does not fit in memory, and the disk has no room for the rest of it",
            remedy=f"Free some space where {path.parent} is (for a query of a closed workspace, where temporary files "
            f"are), or {FEWER}.",
        )
    if OUT_OF_MEMORY.match(text):
        return StorageError(
            f"this needs more than the {MEMORY_LIMIT_GB} GB of memory that the database may use",
            remedy=f"{FEWER[0].upper()}{FEWER[1:]}.",
        )
    if found := NO_FOLDER.match(text):
        return WorkspaceReadOnly(
            f"this does not fit in memory, and the folder for the rest of it, {found[1]}, can't be made: {found[2]}",
            remedy=f"Give yourself write permission on {path.parent} and on the folder of temporary files, or {FEWER}.",
        )
    return None


def says_full(text: str) -> bool:
    """Whether DuckDB or the system says that a disk is full."""
    return "No space left" in text or "disk is full" in text.lower() or "Could not write all bytes" in text
