"""What a validation or ablation is given, as Parquet files in one folder: clips with features, pairs, hand tracks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.tables.parquet import fingerprint, read_clips, read_pairs, write_clips, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from engine.arrays import Flags, Floats
    from engine.tables.types import ClipTable, PairTable


__all__ = ["ValidationInputs", "read_inputs", "write_inputs"]

_CLIPS, _PAIRS, _FOOTAGE, _TRACKS = (f"{name}.parquet" for name in ("clips", "pairs", "footage", "hand_tracks"))


@dataclass(frozen=True, kw_only=True)
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
    quality: Floats
    """`(n,)`: the hidden quality of sample clips; NaN for real ones."""
    useful: Floats
    """`(n,)`: their hidden usefulness, likewise."""
    measuring: Flags
    """`(n,)`: the clips of the target, that the loss is measured on; all where there is none."""
    tracks: pa.Table | None = None

    def track_rows(self) -> dict[str, dict[str, Any]]:
        """Clip → its row of the hand tracks."""
        return {row["clip_id"]: row for row in self.tracks.to_pylist()} if self.tracks is not None else {}


def write_inputs(inputs: ValidationInputs, folder: Path) -> str:
    """Write everything into `folder`; returns the fingerprint of the data."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    windows = np.array(inputs.windows, np.float64).reshape(-1, 2)
    footage = pa.table(
        {
            "path": pa.array(inputs.paths, pa.string()),
            "start_s": windows[:, 0],
            "end_s": windows[:, 1],
            "composite": inputs.composite,
            "stored": inputs.stored,
            "gain": inputs.gains,
            "quality": inputs.quality,
            "useful": inputs.useful,
            "measuring": pa.array(inputs.measuring.tolist(), pa.bool_()),
        }
    )
    clips = replace(inputs.clips, duration_s=windows[:, 1] - windows[:, 0])
    write_clips(clips, folder / _CLIPS)
    write_pairs(inputs.pairs, folder / _PAIRS)
    pq.write_table(footage, folder / _FOOTAGE)
    if inputs.tracks is not None:
        pq.write_table(inputs.tracks, folder / _TRACKS)
    more = json.dumps(inputs.paths).encode() + b"".join(
        np.ascontiguousarray(column, "<f8").tobytes()
        for column in (windows, inputs.composite, inputs.stored, inputs.gains, inputs.measuring)
    )
    if inputs.tracks is not None:
        more += hashlib.sha256((folder / _TRACKS).read_bytes()).digest()
    return fingerprint(clips, inputs.pairs, more)[:16]


def read_inputs(folder: Path) -> ValidationInputs:
    """Read them back. Raises `EngineError` where they are gone."""
    import pyarrow.parquet as pq

    try:
        clips, pairs = read_clips(folder / _CLIPS), read_pairs(folder / _PAIRS)
        footage = pq.read_table(folder / _FOOTAGE)
        tracks = pq.read_table(folder / _TRACKS) if (folder / _TRACKS).is_file() else None
    except (OSError, ValueError, EngineError) as error:
        reason = error.message if isinstance(error, EngineError) else error
        raise EngineError(
            f"the inputs in {folder.name!r} can't be read: {reason}", remedy="Start the run again from its page."
        ) from error

    def numbers(name: str) -> Floats:
        return np.asarray(footage.column(name).to_numpy(zero_copy_only=False), np.float64)

    return ValidationInputs(
        clips=clips,
        pairs=pairs,
        paths=tuple(footage.column("path").to_pylist()),
        windows=tuple(zip(numbers("start_s").tolist(), numbers("end_s").tolist(), strict=True)),
        composite=numbers("composite"),
        stored=numbers("stored"),
        gains=numbers("gain"),
        quality=numbers("quality"),
        useful=numbers("useful"),
        measuring=np.asarray(footage.column("measuring").to_pylist(), bool),
        tracks=tracks,
    )
