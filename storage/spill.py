"""Where the database puts rows that do not fit in memory, for the time of a statement: in a folder that is private."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["SPILLED", "folder_for_reading", "prepare_beside", "remove_beside", "remove_folder_for_reading"]

SPILLED = "duckdb_temp_"
"""How the names of DuckDB's files in such a folder begin."""


def folder_for_reading() -> Path | None:
    """This process's own folder for databases that it only reads, which may lie where nothing can be written.

    One for all of them: DuckDB opens a file twice only with the same settings. None where none can be made.
    """
    try:
        folder = _place_for_reading()
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:  # the database can be read without it, except for what does not fit in memory
        return None
    return folder


def remove_folder_for_reading() -> None:
    """Remove it where nothing is in it; a command ends without the interpreter's own cleaning up."""
    with contextlib.suppress(OSError):
        _place_for_reading().rmdir()


@cache
def _place_for_reading() -> Path:
    return Path(tempfile.gettempdir()) / f"handpicked-{secrets.token_hex(8)}"


def prepare_beside(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Make the folder beside a database that was opened for writing, without what a killed process left in it.

    DuckDB would make it readable for everybody, and only remove what is left when rows do not fit in memory again.
    """
    in_use = connection.execute("SELECT count(*) FROM duckdb_temporary_files()").fetchone()
    folder = beside(path)
    if in_use != (0,) or folder.is_symlink():  # in use by this process already, or put elsewhere by a person
        return
    for file in folder.glob(f"{SPILLED}*"):
        with contextlib.suppress(OSError):
            file.unlink()
    with contextlib.suppress(OSError):  # DuckDB's error says it, once the folder is needed
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)


def remove_beside(path: Path) -> None:
    """Remove the folder beside a database that was closed, where nothing is in it."""
    with contextlib.suppress(OSError):
        beside(path).rmdir()


def beside(path: Path) -> Path:
    """The folder that DuckDB uses by itself."""
    return path.with_name(f"{path.name}.tmp")
