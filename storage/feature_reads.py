"""Reads features for many clips at once: numbers into one matrix, vectors in pieces, neither through Python's objects.

The rows of what is read are those of a column of clip ids that the caller sorted once. Nothing here sorts a vector, and
no call holds all of them: a million vectors of 512 numbers are two gigabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from storage.errors import StorageError
from storage.feature_rows import Embeddings, FeatureTable
from storage.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from storage.database import Database

__all__ = ["KEPT", "FeatureReads", "numbered"]

KEPT = ("clip_id", "extractor_version", "settings_hash", "note", "damaged", "measured_on")
"""Columns of every feature table, beside the features."""


PIECE = 50_000
"""Clips that are joined with all their features at a time."""


def numbered(clip_ids: pa.ChunkedArray) -> pa.Table:
    """Clips with the row that each has: what a statement joins as `incoming`."""
    return pa.table({"clip_id": clip_ids, "row": pa.array(np.arange(len(clip_ids)))})


class FeatureReads:
    """What is read of the feature tables and of embeddings, for all clips or for some."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._model = Kept[str | None](1)

    def tables(self) -> list[FeatureTable]:
        """The existing feature tables, by name."""
        return [
            FeatureTable(name.removeprefix("feature_"), tuple(column for column in columns if column not in KEPT))
            for name, columns in self._all_columns().items()
        ]

    def columns(self) -> list[str]:
        """The feature columns of `clip_features`, by extractor."""
        return [f"{table.extractor}_{name}" for table in self.tables() for name in table.columns]

    def read(self, columns: Iterable[str]) -> pa.Table:
        """`clip_id` and these columns of `clip_features`, by clip; missing numbers become NaN in NumPy."""
        self._check(wanted := list(columns))
        picked = ", ".join(["clip_id", *wanted])
        return self._database.table(f"SELECT {picked} FROM clip_features ORDER BY clip_id")  # noqa: S608 - checked

    def numbers(self, clip_ids: pa.ChunkedArray, columns: Iterable[str]) -> NDArray[np.float64]:
        """`(n_clips, n_columns)`: these columns of `clip_features` for these clips, NaN where there is no number.

        Each extractor's table is read by itself: the view would join all of them first.
        """
        self._check(wanted := list(columns))
        place = {name: number for number, name in enumerate(wanted)}
        values = np.full((len(clip_ids), len(wanted)), np.nan)
        rows = numbered(clip_ids)
        for table in self.tables():
            mine = {name: place[full] for name in table.columns if (full := f"{table.extractor}_{name}") in place}
            if not mine:
                continue
            picked = "".join(f", f.{name}" for name in mine)
            sql = f"SELECT i.row{picked} FROM {table.table} f JOIN incoming i USING (clip_id)"  # noqa: S608 - checked
            for batch in self._database.batches(sql, incoming=rows):
                at = batch.column("row").to_numpy()
                for name, number in mine.items():
                    values[at, number] = batch.column(name).to_numpy(zero_copy_only=False)
        return values

    def _check(self, columns: list[str]) -> None:
        known = self.columns()
        for name in columns:
            if name not in known:
                raise StorageError(
                    f"{name!r} is no feature of this workspace", remedy=f"Known: {', '.join(known) or 'none yet'}."
                )

    def export(self) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Every clip with its video, window, narration and features, by video and time: the columns, and the rows in
        pieces.

        Only ids are sorted, and each piece is joined by itself: all at once take more than the database's memory.
        """
        ids = self._database.table("SELECT clip_id FROM clip ORDER BY video_id, start_s, end_s").column(0)
        joined = (
            "WITH features AS (SELECT * FROM clip_features SEMI JOIN incoming USING (clip_id)) "
            "SELECT c.video_id, c.start_s, c.end_s, c.origin, c.narration, f.* "
            "FROM incoming i JOIN clip c USING (clip_id) JOIN features f USING (clip_id) ORDER BY i.row"
        )

        def pieces() -> Iterator[pa.RecordBatch]:
            for first in range(0, len(ids), PIECE):
                part = self._database.table(joined, incoming=numbered(ids.slice(first, PIECE)))
                yield from part.to_batches()

        return self._database.table(joined, incoming=numbered(ids.slice(0, 0))).schema, pieces()

    # --- vectors ------------------------------------------------------------------------------------------------

    def embedding_model(self) -> str | None:
        """The model of most clips' embeddings; None before there are any."""
        if not self._database.scalar("SELECT count(*) FROM duckdb_views() WHERE view_name = 'embedding'"):
            return None
        sql = "SELECT model FROM embedding GROUP BY model ORDER BY count(*) DESC, model LIMIT 1"
        changes = self._database.changes_of("embedding", "clip")
        found: str | None = self._model.get("model", changes, lambda: self._database.scalar(sql))
        return found

    def vector_width(self, model: str) -> int:
        """How many numbers a vector of this model has."""
        width: int = self._database.scalar("SELECT len(vector) FROM embedding WHERE model = ? LIMIT 1", [model])
        return width

    def vector_batches(
        self, model: str, clip_ids: pa.ChunkedArray
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """The vectors of these clips by one model, in pieces and in the order in which they were stored: the rows of
        the clips, `(k,)`, and their vectors, `(k, width)`. Clips without a vector are left out."""
        for batch in self._database.batches(
            "SELECT i.row, e.vector FROM embedding e JOIN incoming i USING (clip_id) WHERE e.model = $model",
            {"model": model},
            incoming=numbered(clip_ids),
            rows=4_000,
        ):
            if batch.num_rows:
                yield batch.column("row").to_numpy(), _matrix(batch.column("vector"))

    def vectors_of(self, model: str, clip_ids: pa.ChunkedArray) -> NDArray[np.float32]:
        """`(n_clips, width)`: the vectors of a few clips by one model, a row of NaN where there is none."""
        out = np.full((len(clip_ids), self.vector_width(model)), np.nan, np.float32)
        for rows, vectors in self.vector_batches(model, clip_ids):
            out[rows] = vectors
        return out

    def vectors(self) -> Embeddings | None:
        """All embeddings by the model of most clips, by clip; None before there are any."""
        model = self.embedding_model()
        if model is None:
            return None
        found = self._database.table("SELECT clip_id FROM embedding WHERE model = ? ORDER BY clip_id", [model])
        clip_ids = found.column("clip_id")
        return Embeddings(model, tuple(clip_ids.to_pylist()), self.vectors_of(model, clip_ids))

    # --- inside -------------------------------------------------------------------------------------------------

    def _columns(self, table: str) -> list[str]:
        return self._database.column(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND NOT internal ORDER BY column_index",
            [table],
        )

    def _all_columns(self) -> dict[str, list[str]]:
        """Feature table → its columns, by name."""
        rows = self._database.rows(
            "SELECT c.table_name AS name, list(c.column_name ORDER BY c.column_index) AS columns "
            "FROM duckdb_columns() c JOIN duckdb_tables() t USING (table_name) "
            "WHERE starts_with(c.table_name, 'feature_') AND c.table_name <> 'feature_failure' "
            "GROUP BY c.table_name ORDER BY c.table_name"
        )
        return {row["name"]: row["columns"] for row in rows}


def _matrix(column: pa.Array) -> NDArray[np.float32]:
    """`(n, width)`: a column of vectors of one width."""
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(len(column), -1)
