"""Keeps how alike every clip is to what was searched for last: vectors are read once for a search, not for each of its
pages and filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from storage.database import Database

__all__ = ["LikenessColumns", "likeness_sql"]

MOST_KEPT = 2
"""A million clips take about 40 MB."""


class LikenessColumns:
    """The columns of the latest searches, kept until an embedding is written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept = Kept["pa.Table"](MOST_KEPT)

    def of(self, model: str, vector: Sequence[float]) -> pa.Table:
        """`clip_id`, `likeness` (the cosine) of every embedding by `model`; only these numbers leave the database."""
        changes = self._database.changes_of("embedding")
        return self._kept.get((model, tuple(vector)), changes, lambda: self._read(model, vector))

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
