"""What Handpicked's own export says of each episode: meta/handpicked.parquet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import FormatError
from engine.files.read_parquet import TableLimits, read_parquet
from engine.files.values import MAX_MAGNITUDE, BadValueError, clean_name, clean_text
from engine.sources.lerobot.episodes import MOST_EPISODES
from engine.sources.origin import SYNTHETIC, lasting_source

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sources.lerobot.episodes import Episodes

__all__ = ["PROVENANCE", "Provenance", "read_provenance", "read_sources"]

PROVENANCE = "meta/handpicked.parquet"
_COLUMNS = {"episode_index": pa.int64(), "frames": pa.int64()}
_TEXT, _REAL = pa.string(), pa.float64()
_STATED = {"source": _TEXT, "synthetic": pa.bool_()}
_OPTIONAL = {
    "video_sha256": _TEXT,
    "narration": _TEXT,
    "reward": _REAL,
    "reward_std": _REAL,
    "model_name": _TEXT,
    "settings_hash": _TEXT,
    "labels_by": _TEXT,
    "simulated": pa.bool_(),
    **_STATED,
}


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the clip of an episode came from, and its score there; None for a score that is not known."""

    video_sha256: str
    narration: str
    reward: float | None
    reward_std: float | None
    model_name: str
    settings_hash: str
    simulated: bool
    source: str = ""
    """Where its pictures come from (`engine/sources/origin.py`)."""


def read_provenance(root: Path, episodes: Episodes) -> dict[int, Provenance]:
    """Episode → what the export says of it; empty where the data set is no export of Handpicked.

    Raises `FormatError` where the file can't be used, or speaks of other episodes: it lay there before somebody removed
    or added some.
    """
    file = root / PROVENANCE
    if not file.exists():
        return {}
    table = read_parquet(file, TableLimits(rows=MOST_EPISODES, columns=100), _COLUMNS, optional=_OPTIONAL)
    rows: dict[int, dict[str, Any]] = {row["episode_index"]: row for row in table.to_pylist()}
    frames = {index: row["frames"] for index, row in rows.items()}
    if table.num_rows != episodes.count or any(frames.get(e.index) != e.length for e in episodes.usable):
        raise FormatError("it speaks of other episodes than are here: some were removed or added since")
    return {episode.index: _provenance(rows[episode.index]) for episode in episodes.usable}


def read_sources(root: Path) -> str:
    """Where the pictures of all episodes come from, for a data set whose other provenance can't be used; empty where
    nothing is said that goes on holding."""
    file = root / PROVENANCE
    try:
        table = read_parquet(file, TableLimits(rows=MOST_EPISODES, columns=100), {}, optional=_STATED)
    except FormatError:
        return ""
    return lasting_source(_stated(row) for row in table.to_pylist())


def _stated(row: dict[str, Any]) -> str | None:
    said: str | None = SYNTHETIC if row.get("synthetic") else row.get("source")
    return said


def _provenance(row: dict[str, Any]) -> Provenance:
    reward, std = (_number(row.get(name)) for name in ("reward", "reward_std"))
    try:
        return Provenance(
            video_sha256=clean_name(digest, "SHA-256") if (digest := row.get("video_sha256")) else "",
            narration=clean_text(row.get("narration") or "", "narration"),
            reward=reward,
            reward_std=std,
            model_name=clean_name(name, "model's name") if (name := row.get("model_name")) else "",
            settings_hash=clean_name(said, "hash of settings") if (said := row.get("settings_hash")) else "",
            simulated=bool(row.get("simulated")) or row.get("labels_by") == "simulated",
            source=lasting_source([_stated(row)]),
        )
    except BadValueError as error:
        raise FormatError(f"episode {row['episode_index']}: {error}") from error


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and abs(value) <= MAX_MAGNITUDE else None
