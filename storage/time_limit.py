"""Time limit for people's SQL: a forgotten join condition would otherwise keep the workspace busy for days."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from storage.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

__all__ = ["CONDITION_LIMIT_S", "QUERY_LIMIT_S", "at_most"]

CONDITION_LIMIT_S = 30.0
"""Limit for a condition that chooses clips, because a page waits for it."""
QUERY_LIMIT_S = 120.0
"""Default limit for a query on the command line, where only its caller waits."""
AGAIN_S = 0.05


@contextlib.contextmanager
def at_most(limit_s: float, cursor: duckdb.DuckDBPyConnection, *, remedy: str) -> Iterator[None]:
    """Interrupt `cursor` within the block after `limit_s`, and raise `QueryError`; other cursors go on."""
    done, late = threading.Event(), threading.Event()

    def watch() -> None:
        if not done.wait(limit_s):
            late.set()
            while not done.is_set():
                cursor.interrupt()  # repeated: an interrupt between two statements is lost
                done.wait(AGAIN_S)

    watcher = threading.Thread(target=watch, name="time limit of a query", daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            raise QueryError(f"this SQL had no answer after {limit_s:g} s and was stopped", remedy=remedy) from error
        raise
    finally:
        done.set()
        watcher.join()
