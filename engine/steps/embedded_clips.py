"""Reads the clips and vectors that the app wrote for the kinds `map` and `near_duplicates`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.contracts.likeness import CLIPS_FILE, EMBEDDED_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["EmbeddedClips", "read_embedded"]


@dataclass(frozen=True)
class EmbeddedClips:
    """Clips with an embedding, by id: `clips` has the columns of `CLIPS_FILE`, `vectors` is `(n, width) float32`."""

    clips: pa.Table
    vectors: NDArray[np.float32]

    def best_first(self) -> NDArray[np.intp]:
        """The rows by worth, the highest first, then by id; those without any last."""
        worth = self.clips.column("worth").to_numpy(zero_copy_only=False).astype(float)
        return np.argsort(-np.nan_to_num(worth, nan=-np.inf), kind="stable")


def read_embedded(inputs: Path, on_progress: Callable[[float], None] = lambda _: None) -> EmbeddedClips:
    """Read them with one copy of the vectors in memory; clips without a vector are left out."""
    clips = pq.read_table(inputs / CLIPS_FILE).combine_chunks()
    nothing = EmbeddedClips(clips.slice(0, 0), np.empty((0, 0), np.float32))
    if not (inputs / EMBEDDED_FILE).exists():  # the app found no vector by this model
        return nothing
    stored = pq.ParquetFile(inputs / EMBEDDED_FILE)
    ids = stored.read(["clip_id"]).column("clip_id")
    row = pc.index_in(ids, value_set=clips.column("clip_id")).to_numpy(zero_copy_only=False)
    wanted = ~np.isnan(row.astype(float))
    row_of = np.where(wanted, row, 0).astype(np.intp)
    vectors: NDArray[np.float32] | None = None
    have = np.zeros(clips.num_rows, dtype=bool)
    at = 0
    for batch in stored.iter_batches(8192, columns=["vector"]):
        column = batch.column("vector")
        some = np.asarray(column.flatten().to_numpy(zero_copy_only=False), np.float32).reshape(len(column), -1)
        if vectors is None:
            vectors = np.empty((clips.num_rows, some.shape[1]), np.float32)
        mine = wanted[at : at + len(column)]
        rows = row_of[at : at + len(column)][mine]
        vectors[rows] = some[mine]
        have[rows] = True
        at += len(column)
        on_progress(at / len(ids))
    if vectors is None or not have.any():
        return nothing
    if not have.all():
        clips, vectors = clips.filter(pa.array(have)), vectors[have]
    return EmbeddedClips(clips, vectors)
