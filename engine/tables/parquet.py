"""Writes and reads clips, labels and gains as Parquet files, in which the store passes them to workers.

The clips' embeddings lie beside them in a file of their own (`engine/tables/vectors.py`): they are most of the data.
"""

from __future__ import annotations

import hashlib
import json
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import RewardError
from engine.tables.types import ClipTable, PairTable
from engine.tables.vectors import open_vectors, pieces, write_vectors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.arrays import Floats

__all__ = [
    "fingerprint",
    "read_clips",
    "read_extra",
    "read_pairs",
    "vectors_file",
    "write_clips",
    "write_extra",
    "write_numbers",
    "write_pairs",
]

_ABOUT = b"handpicked"


def write_clips(clips: ClipTable, path: Path) -> None:
    """Write one row per clip: its ids and its features by name; and beside it a file with the embeddings."""
    write_numbers(
        path,
        pa.array(clips.clip_ids, pa.string()),
        pa.array(clips.video_ids, pa.string()),
        (clips.columns, clips.groups),
        clips.values,
        embedding_model=clips.embedding_model,
        duration_s=clips.duration_s,
    )
    if clips.embedding is not None:
        found = ((np.arange(start, start + len(piece)), piece) for start, piece in pieces(clips.embedding))
        write_vectors(vectors_file(path), clips.embedding.shape, found)


def write_numbers(
    path: Path,
    clip_ids: pa.Array | pa.ChunkedArray,
    video_ids: pa.Array | pa.ChunkedArray,
    features: tuple[tuple[str, ...], tuple[str, ...]],
    values: Floats,
    *,
    embedding_model: str | None,
    duration_s: Floats | None,
) -> None:
    """Write clips without their embeddings; `features` are the columns' names and groups."""
    columns: dict[str, pa.Array] = {"clip_id": clip_ids, "video_id": video_ids}
    for place in range(values.shape[1]):
        columns[f"feature {place}"] = pa.array(values[:, place])
    if duration_s is not None:
        columns["duration_s"] = pa.array(duration_s)
    about = {"columns": features[0], "groups": features[1], "embedding_model": embedding_model}
    pq.write_table(pa.table(columns).replace_schema_metadata({_ABOUT: json.dumps(about)}), path)


def vectors_file(path: Path) -> Path:
    """The file of the embeddings of the clips in `path`."""
    return path.with_suffix(".vectors.npy")


def read_clips(path: Path) -> ClipTable:
    """Read a file of `write_clips`; its embeddings are read when they are used. Raises `RewardError` for any other."""
    table = read(path)
    try:
        about = json.loads(table.schema.metadata[_ABOUT])
        columns, groups = tuple(about["columns"]), tuple(about["groups"])
        values = [table.column(f"feature {place}").to_numpy() for place in range(len(columns))]
        return ClipTable(
            clip_ids=tuple(table.column("clip_id").to_pylist()),
            video_ids=tuple(table.column("video_id").to_pylist()),
            columns=columns,
            groups=groups,
            values=np.column_stack(values) if values else np.empty((table.num_rows, 0)),
            embedding_model=about["embedding_model"],
            embedding=None if about["embedding_model"] is None else open_vectors(vectors_file(path)),
            duration_s=table.column("duration_s").to_numpy() if "duration_s" in table.column_names else None,
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
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
    numbers = (piece for _, piece in pieces(clips.values))
    vectors = () if clips.embedding is None else (piece for _, piece in pieces(clips.embedding))
    arrays: Iterable[NDArray[Any]] = chain(numbers, vectors, (pairs.left, pairs.right, pairs.target))
    for array in arrays:
        digest.update(np.ascontiguousarray(array, "<f4" if array.dtype == np.float32 else "<f8").tobytes())
    digest.update(more)
    return digest.hexdigest()[:32]
