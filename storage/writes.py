"""Counts the writes to each table, so that what was read of some tables is kept while others are written."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EVERY_TABLE", "NO_TABLE", "WriteCounts", "written_table"]

EVERY_TABLE = "*"
"""In place of a table's name, for a statement of which it isn't known what it writes."""
NO_TABLE = ""
"""In place of a table's name, for a statement that only reads."""
WRITES = re.compile(r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE)\s+\"?(\w+)", re.IGNORECASE)
VECTORS = re.compile(r"embedding_\d+")
READS = re.compile(r"\s*(?:SELECT|WITH|FROM)\b", re.IGNORECASE)


def written_table(sql: str) -> str:
    """The table that one of the store's statements writes, in lower case; `NO_TABLE` or `EVERY_TABLE`.

    The tables of vectors of each width, `embedding_512` and so on, are together `embedding`.
    """
    if ";" in sql:
        return EVERY_TABLE
    if found := WRITES.match(sql):
        return counted_as(found[1])
    return NO_TABLE if READS.match(sql) else EVERY_TABLE


def counted_as(table: str) -> str:
    """The name under which writes to a table are counted: the tables of vectors have one together."""
    name = table.lower()
    return "embedding" if VECTORS.fullmatch(name) else name


class WriteCounts:
    """Numbers that grow with every write: of all tables together, and of each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_table: dict[str, int] = {}
        self.total = 0

    def note(self, tables: Iterable[str]) -> None:
        """Count a write to these tables, which has just become visible to others; to none of them, nothing."""
        written = {counted_as(table) for table in tables}
        if not written:
            return
        with self._lock:
            self.total += 1
            for table in written:
                self._by_table[table] = self._by_table.get(table, 0) + 1

    def of(self, tables: Iterable[str]) -> int:
        """A number that grows with every write to one of these tables."""
        names = {EVERY_TABLE, *map(counted_as, tables)}
        with self._lock:
            return sum(self._by_table.get(name, 0) for name in names)
