"""Writes and reads clips, labels and gains as Parquet files, in which the store passes them to workers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import RewardError
from engine.tables.types import ClipTable, PairTable

if TYPE_CHECKING:
    from pathlib import Path

    from engine.arrays import Floats

__all__ = ["fingerprint", "read_clips", "read_extra", "read_pairs", "write_clips", "write_extra", "write_pairs"]

_ABOUT = b"handpicked"


def write_clips(clips: ClipTable, path: Path) -> None:
    """Write one row per clip: its ids, its features by name, its embedding as a list."""
    columns: dict[str, pa.Array] = {
        "clip_id": pa.array(clips.clip_ids, pa.string()),
        "video_id": pa.array(clips.video_ids, pa.string()),
    }
    for place in range(len(clips.columns)):
        columns[f"feature {place}"] = pa.array(clips.values[:, place])
    if clips.embedding is not None:
        flat = pa.array(np.ascontiguousarray(clips.embedding, np.float32).ravel())
        columns["embedding"] = pa.FixedSizeListArray.from_arrays(flat, clips.embedding.shape[1])
    if clips.duration_s is not None:
        columns["duration_s"] = pa.array(clips.duration_s)
    about = {"columns": clips.columns, "groups": clips.groups, "embedding_model": clips.embedding_model}
    table = pa.table(columns).replace_schema_metadata({_ABOUT: json.dumps(about)})
    pq.write_table(table, path)


def read_clips(path: Path) -> ClipTable:
    """Read a file of `write_clips`. Raises `RewardError` for any other file."""
    table = read(path)
    try:
        about = json.loads(table.schema.metadata[_ABOUT])
        columns, groups = tuple(about["columns"]), tuple(about["groups"])
        values = [table.column(f"feature {place}").to_numpy() for place in range(len(columns))]
        embedding = None
        if "embedding" in table.column_names:
            flat = table.column("embedding").combine_chunks().flatten().to_numpy(zero_copy_only=False)
            embedding = np.asarray(flat, np.float32).reshape(table.num_rows, -1)
        return ClipTable(
            clip_ids=tuple(table.column("clip_id").to_pylist()),
            video_ids=tuple(table.column("video_id").to_pylist()),
            columns=columns,
            groups=groups,
            values=np.column_stack(values) if values else np.empty((table.num_rows, 0)),
            embedding_model=about["embedding_model"],
            embedding=embedding,
            duration_s=table.column("duration_s").to_numpy() if "duration_s" in table.column_names else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RewardError(f"{path.name} holds no clips with features: {error}") from error


def write_pairs(pairs: PairTable, path: Path) -> None:
    """Write one row per label."""
    pq.write_table(
        pa.table(
            {
                "left": pa.array(pairs.left),
                "right": pa.array(pairs.right),
                "target": pa.array(pairs.target),
                "annotator": pa.array(pairs.annotators, pa.string()),
                "strategy": pa.array(pairs.strategies, pa.string()),
            }
        ),
        path,
    )


def read_pairs(path: Path) -> PairTable:
    """Read a file of `write_pairs`. Raises `RewardError` for any other file."""
    table = read(path)
    try:
        return PairTable(
            left=table.column("left").to_numpy().astype(np.intp),
            right=table.column("right").to_numpy().astype(np.intp),
            target=table.column("target").to_numpy().astype(np.float64),
            annotators=tuple(table.column("annotator").to_pylist()),
            strategies=tuple(table.column("strategy").to_pylist()),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RewardError(f"{path.name} holds no labels: {error}") from error


def write_extra(numbers: dict[str, Floats], path: Path) -> None:
    """Write further numbers of the clips, `(n_clips,)` each, by name."""
    pq.write_table(pa.table({name: pa.array(column) for name, column in numbers.items()}), path)


def read_extra(path: Path) -> dict[str, Floats]:
    """Read a file of `write_extra`; empty where it is missing."""
    if not path.exists():
        return {}
    table = read(path)
    return {name: table.column(name).to_numpy().astype(np.float64) for name in table.column_names}


def read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise RewardError(f"{path.name} can't be read: {error}", remedy="Start the job again.") from error


def fingerprint(clips: ClipTable, pairs: PairTable, more: bytes = b"") -> str:
    """A digest of the training data and of `more`, the same for equal data on every machine."""
    digest = hashlib.sha256()
    words = [clips.clip_ids, clips.video_ids, clips.columns, clips.embedding_model, pairs.annotators]
    digest.update(json.dumps(words).encode())
    for array in (clips.values, clips.embedding, pairs.left, pairs.right, pairs.target):
        if array is not None:
            digest.update(np.ascontiguousarray(array, "<f4" if array.dtype == np.float32 else "<f8").tobytes())
    digest.update(more)
    return digest.hexdigest()[:32]
