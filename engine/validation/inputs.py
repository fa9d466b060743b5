"""What a validation or ablation is given, as Parquet files in one folder: clips with features, pairs, hand tracks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.reward.types import ClipTable, PairTable

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ValidationInputs", "read_inputs", "write_inputs"]

_CLIPS, _FEATURES, _EMBEDDING, _PAIRS, _TRACKS = (
    f"{name}.parquet" for name in ("clips", "features", "embedding", "pairs", "hand_tracks")
)


@dataclass(frozen=True)
class ValidationInputs:
    """Clips in the rows of `clips`; the lists run along with them."""

    clips: ClipTable
    pairs: PairTable
    paths: tuple[str, ...]
    windows: tuple[tuple[float, float], ...]
    composite: Floats
    """`(n,)`, NaN where there is none."""
    stored: Floats
    """`(n,)`: the model's own rewards, NaN where there is none."""
    gains: Floats
    """`(n,)`: measured gains that an ablation is held against; NaN where there is none."""
    tracks: pa.Table | None = None

    def track_rows(self) -> dict[str, dict[str, Any]]:
        """Clip → its row of the hand tracks."""
        return {row["clip_id"]: row for row in self.tracks.to_pylist()} if self.tracks is not None else {}


def write_inputs(inputs: ValidationInputs, folder: Path) -> str:
    """Write everything into `folder`; returns the fingerprint of the data."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    clips, pairs = inputs.clips, inputs.pairs
    starts, ends = zip(*inputs.windows, strict=True) if inputs.windows else ((), ())
    tables = {
        _CLIPS: pa.table(
            {
                "clip_id": clips.clip_ids,
                "video_id": clips.video_ids,
                "path": inputs.paths,
                "start_s": starts,
                "end_s": ends,
                "composite": inputs.composite,
                "stored": inputs.stored,
                "gain": inputs.gains,
            }
        ),
        _FEATURES: pa.table(
            {
                f"{group}:{name}": clips.values[:, i]
                for i, (group, name) in enumerate(zip(clips.groups, clips.columns, strict=True))
            }
        ),
        _PAIRS: pa.table(
            {
                "left": pairs.left,
                "right": pairs.right,
                "target": pairs.target,
                "annotator": pa.array(pairs.annotators, pa.string()),
                "strategy": pa.array(pairs.strategies, pa.string()),
            }
        ),
    }
    if clips.embedding is not None:
        tables[_EMBEDDING] = pa.table({"vector": list(clips.embedding)}).replace_schema_metadata(
            {"model": clips.embedding_model or ""}
        )
    if inputs.tracks is not None:
        tables[_TRACKS] = inputs.tracks
    digest = hashlib.sha256()
    for name, table in tables.items():
        pq.write_table(table, folder / name)
        digest.update(name.encode() + (folder / name).read_bytes())
    return digest.hexdigest()[:16]


def read_inputs(folder: Path) -> ValidationInputs:
    """Read them back. Raises `EngineError` where they are gone."""
    import pyarrow.parquet as pq

    try:
        rows, features, pairs = (pq.read_table(folder / name) for name in (_CLIPS, _FEATURES, _PAIRS))
        vectors = pq.read_table(folder / _EMBEDDING) if (folder / _EMBEDDING).is_file() else None
        tracks = pq.read_table(folder / _TRACKS) if (folder / _TRACKS).is_file() else None
    except (OSError, ValueError) as error:
        raise EngineError(
            f"the inputs in {folder.name!r} can't be read: {error}", remedy="Start the run again from its page."
        ) from error

    def numbers(table: pa.Table, name: str) -> Floats:
        return np.asarray(table.column(name).to_numpy(zero_copy_only=False), np.float64)

    names = [column.partition(":") for column in features.column_names]
    embedding = None
    if vectors is not None:
        flat = vectors.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        embedding = np.asarray(flat, np.float32).reshape(rows.num_rows, -1)
    model = ((vectors.schema.metadata or {}).get(b"model") or b"").decode() if vectors is not None else ""
    starts, ends = numbers(rows, "start_s"), numbers(rows, "end_s")
    values = [numbers(features, column) for column in features.column_names]
    clips = ClipTable(
        tuple(rows.column("clip_id").to_pylist()),
        tuple(rows.column("video_id").to_pylist()),
        tuple(name for _, _, name in names),
        tuple(group for group, _, _ in names),
        np.column_stack(values) if values else np.empty((rows.num_rows, 0)),
        model or None,
        embedding,
        ends - starts,
    )
    return ValidationInputs(
        clips,
        PairTable(
            pairs.column("left").to_numpy().astype(np.intp),
            pairs.column("right").to_numpy().astype(np.intp),
            numbers(pairs, "target"),
            tuple(pairs.column("annotator").to_pylist()),
            tuple(pairs.column("strategy").to_pylist()),
        ),
        tuple(rows.column("path").to_pylist()),
        tuple(zip(starts.tolist(), ends.tolist(), strict=True)),
        numbers(rows, "composite"),
        numbers(rows, "stored"),
        numbers(rows, "gain"),
        tracks,
    )
