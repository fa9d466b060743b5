"""Reads clips with their features, and answered pairs, for rewards, pair choice and validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.preference.answers import TARGETS
from engine.preference.kinds import only_kind
from engine.tables.types import ClipTable, PairTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from storage import Workspace
    from storage.feature_rows import Embeddings
    from storage.labels import Label

__all__ = ["clip_table", "pair_table"]

LEFT_OUT = frozenset({"composite", "embedding"})
"""Not inputs of a reward: the baseline that it must beat, and the embedding's spread (the vector is an input)."""


def clip_table(workspace: Workspace, *, composite: bool = False) -> ClipTable:
    """Every clip with its features; with `composite`, the composite score too, as a group of its own."""
    out = LEFT_OUT - {"composite"} if composite else LEFT_OUT
    tables = [table for table in workspace.features.tables() if table.extractor not in out]
    columns = [f"{table.extractor}_{name}" for table in tables for name in table.columns]
    groups = [table.extractor for table in tables for _ in table.columns]
    read = workspace.features.read(columns)
    clip_ids = read.column("clip_id").to_pylist()
    values = np.column_stack(
        [read.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in columns]
        or [np.empty((len(clip_ids), 0))]
    )
    spans = workspace.clips.spans()
    video_ids, duration_s = (spans.column(name).to_pylist() for name in ("video_id", "duration_s"))
    of_clip = dict(zip(spans.column("clip_id").to_pylist(), zip(video_ids, duration_s, strict=True), strict=True))
    found = workspace.features.vectors()
    return ClipTable(
        clip_ids=tuple(clip_ids),
        video_ids=tuple(of_clip[clip_id][0] for clip_id in clip_ids),
        columns=tuple(columns),
        groups=tuple(groups),
        values=values,
        embedding_model=found.model if found is not None else None,
        embedding=None if found is None else vectors_of(clip_ids, found),
        duration_s=np.array([of_clip[clip_id][1] for clip_id in clip_ids], dtype=np.float64),
    )


def vectors_of(clip_ids: Sequence[str], found: Embeddings) -> NDArray[np.float32]:
    """`(n_clips, width)`: the vector of each clip, a row of NaN where it has none."""
    if found.clip_ids == tuple(clip_ids):
        return found.vectors
    place = {clip_id: row for row, clip_id in enumerate(found.clip_ids)}
    row_of = np.array([place.get(clip_id, -1) for clip_id in clip_ids], dtype=np.intp)
    out = found.vectors[row_of] if len(found.vectors) else np.empty((len(clip_ids), 0), np.float32)
    out[row_of < 0] = np.nan
    return out


def pair_table(clips: ClipTable, labels: Iterable[Label]) -> PairTable:
    """The labels that choose a clip or say tie, as rows of `clips`; labels of removed clips are left out.

    Raises `ValueError` for labels of several kinds.
    """
    labels = list(labels)
    only_kind(label.kind for label in labels)
    row_of = {clip_id: row for row, clip_id in enumerate(clips.clip_ids)}
    known = [
        label
        for label in labels
        if label.answer in TARGETS and label.left_clip_id in row_of and label.right_clip_id in row_of
    ]
    return PairTable(
        left=np.array([row_of[label.left_clip_id] for label in known], dtype=np.intp),
        right=np.array([row_of[label.right_clip_id] for label in known], dtype=np.intp),
        target=np.array([TARGETS[label.answer] for label in known], dtype=np.float64),
        annotators=tuple(label.annotator for label in known),
        strategies=tuple(label.strategy for label in known),
    )
