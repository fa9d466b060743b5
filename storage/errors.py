"""Errors of the workspace: one tree of exceptions, each with a sentence for a person.

HandpickedError           (engine/errors.py)
└── StorageError
    ├── WorkspaceLocked   another process holds the file
    ├── WorkspaceNewer    written by a later version of Handpicked
    ├── WorkspaceDamaged  the file is no DuckDB file, or its checksums are wrong
    ├── WorkspaceReadOnly the folder can't be written to
    ├── WorkspaceClosed   the database was closed, or stopped after an internal error
    ├── WorkspaceBusy     conflicting writes of others went on for too long
    ├── DiskFull          no room left
    ├── DuplicateKey      a row of this key is there already
    └── QueryError        a person's SQL that the database refused
"""

from __future__ import annotations

from engine.errors import HandpickedError

__all__ = [
    "WORKSPACE_TROUBLE",
    "DiskFull",
    "DuplicateKey",
    "QueryError",
    "StorageError",
    "WorkspaceBusy",
    "WorkspaceClosed",
    "WorkspaceDamaged",
    "WorkspaceLocked",
    "WorkspaceNewer",
    "WorkspaceReadOnly",
]


class StorageError(HandpickedError):
    """The workspace could not do what was asked."""


class WorkspaceLocked(StorageError):  # noqa: N818 - reads as a state of the workspace
    """Another process holds the file."""


class WorkspaceNewer(StorageError):  # noqa: N818
    """The workspace was written by a later version of Handpicked."""


class WorkspaceDamaged(StorageError):  # noqa: N818
    """The file is no DuckDB file, or its checksums are wrong."""


class WorkspaceReadOnly(StorageError):  # noqa: N818
    """The workspace's folder can't be written to."""


class WorkspaceClosed(StorageError):  # noqa: N818
    """The database was closed, or stopped after an internal error."""


class WorkspaceBusy(StorageError):  # noqa: N818
    """Conflicting writes of others went on for too long."""


class DiskFull(StorageError):  # noqa: N818
    """There is no room left on the workspace's disk."""


class DuplicateKey(StorageError):  # noqa: N818
    """A row with this key is there already."""


class QueryError(StorageError):
    """A person's SQL that the database refused."""


WORKSPACE_TROUBLE = (
    DiskFull,
    WorkspaceBusy,
    WorkspaceClosed,
    WorkspaceDamaged,
    WorkspaceLocked,
    WorkspaceNewer,
    WorkspaceReadOnly,
)
"""Errors of the workspace itself, which any other rows would meet too."""
