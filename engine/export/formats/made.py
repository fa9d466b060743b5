"""The clips of an export that could be made, as the app wrote them down for the worker that assembles the data set."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.export.formats.base import ExportFacts
from engine.tables.vectors import open_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["CLIPS_FILE", "VECTORS_FILE", "WrittenClips", "part_name", "read_clips", "write_facts"]

CLIPS_FILE, FACTS_FILE, VECTORS_FILE = "clips.parquet", "facts.json", "vectors.npy"
"""What the assembly gets from the store: the clips that could be made, how they were chosen, their embeddings."""


def part_name(rank: int) -> str:
    """The name of the folder with what the clip of this rank contributes."""
    return f"{rank:06d}"


@dataclass(frozen=True, kw_only=True)
class WrittenClips:
    """`MadeClips` of a folder: the table, its facts, the vectors row by row of the table."""

    table: pa.Table
    facts: ExportFacts
    parts: Path
    vectors: NDArray[np.float32] | None
    ranks: Mapping[str, int]
    rows: Mapping[str, int]

    def part(self, clip_id: str) -> Path:
        """The folder with what `make_part` wrote for this clip."""
        return self.parts / part_name(self.ranks[clip_id])

    def embedding(self, clip_id: str) -> Any:
        """The clip's vector, `(n,) float32`, or None where it has none."""
        if self.vectors is None:
            return None
        vector = np.array(self.vectors[self.rows[clip_id]])
        return None if np.isnan(vector).any() else vector


def write_facts(facts: ExportFacts, folder: Path) -> None:
    """Write `facts` into the inputs of a job."""
    values = asdict(facts) | {"sources": dict(facts.sources), "left_out": dict(facts.left_out)}
    (folder / FACTS_FILE).write_text(json.dumps(values), encoding="utf-8")


def read_clips(inputs: Path, parts: Path) -> WrittenClips:
    """Read what the app wrote into the `inputs` of a job; `parts` holds what the clips contribute."""
    import pyarrow.parquet as pq

    table = pq.read_table(inputs / CLIPS_FILE)
    said = json.loads((inputs / FACTS_FILE).read_text(encoding="utf-8"))
    facts = ExportFacts(**{**said, "chosen": tuple(said["chosen"]), "notes": tuple(said["notes"])})
    vectors = inputs / VECTORS_FILE
    clip_ids = table.column("clip_id").to_pylist()
    return WrittenClips(
        table=table,
        facts=facts,
        parts=parts,
        vectors=open_vectors(vectors) if vectors.exists() else None,
        ranks=dict(zip(clip_ids, table.column("rank").to_pylist(), strict=True)),
        rows={clip_id: row for row, clip_id in enumerate(clip_ids)},
    )
