"""Keeps how alike every clip is to what was searched for last: vectors are read once for a search, not for each of its
pages and filters.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from storage.database import Database

__all__ = ["LikenessColumns", "likeness_sql"]

MOST_KEPT = 2
"""A million clips take about 40 MB."""


class LikenessColumns:
    """The columns of the latest searches. Threads share it, and wait for one that reads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, tuple[float, ...]], tuple[int, pa.Table]] = OrderedDict()

    def of(self, model: str, vector: Sequence[float]) -> pa.Table:
        """`clip_id`, `likeness` (the cosine) of every embedding by `model`; only these numbers leave the database."""
        key = (model, tuple(vector))
        with self._lock:
            changes = self._database.changes
            known = self._kept.pop(key, None)
            if known is None or known[0] != changes:
                known = (changes, self._read(model, vector))
            self._kept[key] = known
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return known[1]

    def _read(self, model: str, vector: Sequence[float]) -> pa.Table:
        return self._database.table(
            likeness_sql(len(vector), vector="$vector", model="$model"), {"model": model, "vector": list(vector)}
        )


def likeness_sql(width: int, *, vector: str, model: str) -> str:
    """SQL for `clip_id` and `likeness` to a vector of every embedding by a model; both are placeholders."""
    return (
        f"SELECT clip_id, array_cosine_similarity(vector, {vector}::FLOAT[{width}]) AS likeness "  # noqa: S608
        f"FROM embedding WHERE model = {model}"
    )
