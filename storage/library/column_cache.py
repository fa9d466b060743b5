"""Reads the columns that filters are counted with, and keeps them until something is written."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from storage.library.crossfilter import MOST_CLIPS, ClipColumns
from storage.library.view import FLAGS
from storage.library.view_sql import ViewSql, flag

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.database import Database
    from storage.library.view_sql import Numbers

__all__ = ["ColumnCache", "read_columns"]

PATIENCE = 4
"""While others write, columns are used for so many times as long as reading them took: a job that writes several times
a second must not keep a hundred thousand clips being read again and again."""


class ColumnCache:
    """The latest columns. Threads share it, and wait for one that reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: ClipColumns | None = None
        self._good_until_s = 0.0

    def current(self, changes: int, read: Callable[[], ClipColumns]) -> ClipColumns:
        """The kept columns where nothing was written since, or a moment ago; else newly read ones."""
        with self._lock:
            kept = self._kept
            if kept is not None and (kept.changes == changes or time.monotonic() < self._good_until_s):
                return kept
            began = time.monotonic()
            self._kept = read()
            now = time.monotonic()
            self._good_until_s = now + PATIENCE * (now - began)
            return self._kept


def read_columns(database: Database, numbers: Numbers) -> ClipColumns:
    """All clips' numbers, lists and flags by one statement; of very many clips a sample, always the same one."""
    changes = database.changes
    sql = ViewSql(numbers)
    sql.where("true", "video")
    shown = "".join(f", CAST({sql.number(name)} AS DOUBLE) AS {name}" for name in numbers.names())
    flags = "".join(f", {flag(name, numbers)} AS is_{name}" for name in FLAGS)
    everything = int(database.scalar("SELECT count(*) FROM clip"))
    some = f"ORDER BY hash(c.clip_id) LIMIT {MOST_CLIPS}" if everything > MOST_CLIPS else ""
    table = database.table(
        "SELECT c.clip_id, c.video_id, v.source, c.origin, "
        f"CAST(c.end_s - c.start_s AS DOUBLE) AS length_s{flags}{shown} {sql.tail} {some}",
        sql.params,
    )
    tags = database.table("SELECT clip_id, tag FROM clip_tag")
    return ClipColumns(changes=changes, everything=everything, table=table, tags=tags)
