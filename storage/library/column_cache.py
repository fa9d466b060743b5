"""Keeps the columns that filters are counted with until something is written."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.library.crossfilter import ClipColumns

__all__ = ["ColumnCache"]

PATIENCE = 4
"""While others write, columns are used for so many times as long as reading them took: a job that writes several times
a second must not keep a hundred thousand clips being read again and again."""


class ColumnCache:
    """The latest columns. Threads share it, and wait for one that reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: ClipColumns | None = None
        self._good_until_s = 0.0

    def at_hand(self, changes: int) -> ClipColumns | None:
        """The kept columns where nothing was written since; nothing is read."""
        kept = self._kept
        return kept if kept is not None and kept.changes == changes else None

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
