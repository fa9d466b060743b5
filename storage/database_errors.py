"""What DuckDB or the system said, as the error that a person needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from storage.errors import (
    DiskFull,
    DuplicateKey,
    StorageError,
    WorkspaceClosed,
    WorkspaceDamaged,
    WorkspaceLocked,
    WorkspaceNewer,
    WorkspaceReadOnly,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BEYOND_THE_END", "explain"]

BEYOND_THE_END = "Could not read enough bytes"
"""What DuckDB says of a file that ends before its blocks do."""
SIGNS_OF_DAMAGE = ("not a valid DuckDB database file", "Corrupt database", "checksum", BEYOND_THE_END)


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
    if "No space left" in text or "disk is full" in text.lower() or "Could not write all bytes" in text:
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
