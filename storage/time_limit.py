"""A person's SQL ends after a while: a forgotten join condition would otherwise keep the workspace busy for days."""

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
"""For a condition that chooses clips. A page waits for its answer, and so does whoever looks at it."""
QUERY_LIMIT_S = 120.0
"""For a query of the command line, unless it is given another limit: nobody but its caller waits for it."""
AGAIN_S = 0.05


@contextlib.contextmanager
def at_most(limit_s: float, cursor: duckdb.DuckDBPyConnection, *, remedy: str) -> Iterator[None]:
    """Stop what `cursor` does within the block after `limit_s`. Raises `QueryError` then; others' cursors go on."""
    done, late = threading.Event(), threading.Event()

    def watch() -> None:
        if not done.wait(limit_s):
            late.set()
            while not done.is_set():
                cursor.interrupt()  # again and again: one that comes between two statements is lost
                done.wait(AGAIN_S)

    watcher = threading.Thread(target=watch, name="time limit of a query", daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if late.is_set():
            msg = f"this SQL had no answer after {limit_s:g} s and was stopped"
            raise QueryError(msg, remedy=remedy) from error
        raise
    finally:
        done.set()
        watcher.join()
