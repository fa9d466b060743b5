"""Reads clips with their features, and answered pairs, for rewards, pair choice and validation.

Workers get all clips as files that are written in pieces; the app itself reads the features of some clips only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.preference.answers import TARGETS
from engine.preference.kinds import only_kind
from engine.tables.parquet import vectors_file, write_numbers
from engine.tables.types import ClipTable, PairTable
from engine.tables.vectors import write_vectors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from engine.arrays import Floats, Rows
    from storage import Workspace
    from storage.labels import Label

__all__ = ["WrittenClips", "clip_table", "feature_columns", "pair_table", "pairs_among", "write_all_clips"]

LEFT_OUT = frozenset({"composite", "embedding"})
"""Not inputs of a reward: the baseline that it must beat, and the embedding's spread (the vector is an input)."""


@dataclass(frozen=True)
class FeatureColumns:
    """The columns that rewards and the choice of pairs go by, and the group of each."""

    columns: tuple[str, ...]
    groups: tuple[str, ...]


def feature_columns(workspace: Workspace, *, composite: bool = False) -> FeatureColumns:
    """The features of this workspace; with `composite`, the composite score too, as a group of its own."""
    out = LEFT_OUT - {"composite"} if composite else LEFT_OUT
    tables = [table for table in workspace.features.tables() if table.extractor not in out]
    return FeatureColumns(
        tuple(f"{table.extractor}_{name}" for table in tables for name in table.columns),
        tuple(table.extractor for table in tables for _ in table.columns),
    )


def clip_table(workspace: Workspace, *, composite: bool = False, among: Iterable[str] | None = None) -> ClipTable:
    """Clips with their features, by clip: those `among`, or every one. All clips of a large workspace are for a worker
    to read (`write_all_clips`)."""
    chosen = feature_columns(workspace, composite=composite)
    spans = workspace.clips.spans(among)
    clip_ids = spans.column("clip_id")
    model = workspace.features.embedding_model()
    return ClipTable(
        clip_ids=tuple(clip_ids.to_pylist()),
        video_ids=tuple(spans.column("source").to_pylist()),
        columns=chosen.columns,
        groups=chosen.groups,
        values=workspace.features.numbers(clip_ids, chosen.columns),
        embedding_model=model,
        embedding=None if model is None else workspace.features.vectors_of(model, clip_ids),
        duration_s=spans.column("duration_s").to_numpy(),
    )


# --- for workers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class WrittenClips:
    """What the app still knows of the clips that it wrote for a worker: their order, and no number of any."""

    clip_ids: pa.ChunkedArray
    columns: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.clip_ids)

    def rows_of(self, clip_ids: Sequence[str] | pa.Array | pa.ChunkedArray) -> Rows:
        """The row of each of these clips; -1 for one that is not there."""
        return rows_among(self.clip_ids, clip_ids)

    def column(self, numbers: Mapping[str, float]) -> Floats:
        """`(n_clips,)`: a number for each clip, NaN where there is none."""
        out = np.full(len(self), np.nan)
        rows = self.rows_of(list(numbers))
        values = np.array(list(numbers.values()), np.float64)
        out[rows[rows >= 0]] = values[rows >= 0]
        return out


def write_all_clips(workspace: Workspace, path: Path) -> WrittenClips:
    """Write every clip with its features, by clip, as `read_clips` reads them. Vectors pass through in pieces."""
    chosen = feature_columns(workspace)
    spans = workspace.clips.spans()
    clip_ids = spans.column("clip_id")
    model = workspace.features.embedding_model()
    write_numbers(
        path,
        clip_ids,
        spans.column("source"),
        (chosen.columns, chosen.groups),
        workspace.features.numbers(clip_ids, chosen.columns),
        embedding_model=model,
        duration_s=spans.column("duration_s").to_numpy(),
    )
    if model is not None:
        shape = (len(clip_ids), workspace.features.vector_width(model))
        write_vectors(vectors_file(path), shape, workspace.features.vector_batches(model, clip_ids))
    return WrittenClips(clip_ids=clip_ids, columns=chosen.columns, groups=chosen.groups)


# --- pairs ------------------------------------------------------------------------------------------------------------


def pair_table(clips: ClipTable, labels: Iterable[Label]) -> PairTable:
    """The labels that choose a clip or say tie, as rows of `clips`; labels of removed clips are left out.

    Raises `ValueError` for labels of several kinds.
    """
    return pairs_among(pa.array(clips.clip_ids, pa.string()), labels)


def pairs_among(clip_ids: pa.Array | pa.ChunkedArray, labels: Iterable[Label]) -> PairTable:
    """As `pair_table`, for clips of which only the ids are at hand."""
    labels = list(labels)
    only_kind(label.kind for label in labels)
    decided = [label for label in labels if label.answer in TARGETS]
    left = rows_among(clip_ids, [label.left_clip_id for label in decided])
    right = rows_among(clip_ids, [label.right_clip_id for label in decided])
    there = np.flatnonzero((left >= 0) & (right >= 0))
    known = [decided[k] for k in there]
    return PairTable(
        left=left[there],
        right=right[there],
        target=np.array([TARGETS[label.answer] for label in known], dtype=np.float64),
        annotators=tuple(label.annotator for label in known),
        strategies=tuple(label.strategy for label in known),
    )


def rows_among(clip_ids: pa.Array | pa.ChunkedArray, wanted: Sequence[str] | pa.Array | pa.ChunkedArray) -> Rows:
    """The place of each of the `wanted` clips in `clip_ids`; -1 for one that is not there."""
    asked = wanted if isinstance(wanted, pa.Array | pa.ChunkedArray) else pa.array(wanted, pa.string())
    found = pc.fill_null(pc.index_in(asked, value_set=clip_ids), -1)
    return np.array(found, dtype=np.intp)
