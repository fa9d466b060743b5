"""Clips of an export for tests of formats, with every column that a ranked list has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from engine.cancel import Cancelled
from engine.export.formats.base import ClipToExport, ExportFacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Context", "Made", "clip_to_export", "facts", "made", "ranked"]

SCHEMA = pa.schema(
    [
        ("rank", pa.int64()),
        ("rank_overall", pa.int64()),
        *((name, pa.string()) for name in ("clip_id", "video", "video_id", "video_sha256", "source", "origin")),
        *((name, pa.float64()) for name in ("start_s", "end_s", "duration_s")),
        *((name, pa.string()) for name in ("narration", "verb", "noun", "tags")),
        *((name, pa.float64()) for name in ("score", "reward", "reward_std", "robot_reward", "robot_reward_std")),
        ("percentile", pa.float64()),
        ("damaged", pa.bool_()),
        ("damage", pa.string()),
        ("hands_presence", pa.float64()),
        ("sharpness_frames", pa.int64()),
        ("ranked_by", pa.string()),
        ("threshold", pa.float64()),
        ("model_id", pa.string()),
        ("model_name", pa.string()),
        ("seed", pa.int64()),
        ("labels_by", pa.string()),
        ("settings_hash", pa.string()),
        ("embedding_model", pa.string()),
        ("app_version", pa.string()),
        ("video_path", pa.string()),
        ("video_fps", pa.float64()),
        ("video_width", pa.int64()),
        ("video_height", pa.int64()),
        ("video_duration_s", pa.float64()),
    ]
)
"""The columns of a ranked list with two features, and those about the videos."""


class Context:
    """What a format may call; it remembers warnings, and cancels after some calls where it is told to."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.warnings: list[str] = []
        self.fractions: list[float] = []
        self._left = cancel_after

    def progress(self, fraction: float, note: str = "") -> None:
        assert 0 <= fraction <= 1, note
        self.fractions.append(fraction)
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Cancelled

    def is_cancelled(self) -> bool:
        return self._left is not None and self._left < 0

    def warn(self, text: str, /) -> None:
        self.warnings.append(text)


@dataclass(frozen=True)
class Made:
    """The clips of an export that could be made."""

    table: pa.Table
    facts: ExportFacts
    parts: Path
    vectors: Mapping[str, Any] = field(default_factory=dict)

    def part(self, clip_id: str) -> Path:
        """The folder with what the clip contributed."""
        return self.parts / str(self.table.column("clip_id").to_pylist().index(clip_id))

    def embedding(self, clip_id: str) -> Any:
        """The clip's vector, or None."""
        return self.vectors.get(clip_id)


def ranked(rank: int, **known: Any) -> dict[str, Any]:
    """A row of a ranked list; `known` replaces what it says otherwise."""
    start_s = float(known.pop("start_s", 2.0 * rank))
    end_s = float(known.pop("end_s", start_s + 1.5))
    video_id = known.pop("video_id", "v1")
    return {
        **dict.fromkeys(SCHEMA.names),
        "rank": rank,
        "rank_overall": rank,
        "clip_id": f"{video_id}@{round(start_s * 1000)}-{round(end_s * 1000)}",
        "video": "P01_11",
        "video_id": video_id,
        "video_sha256": "ab" * 32,
        "source": "folder",
        "origin": "stride",
        "start_s": start_s,
        "end_s": end_s,
        "duration_s": end_s - start_s,
        "score": 1.0 / rank,
        "reward": 1.0 / rank,
        "reward_std": 0.125,
        "damaged": False,
        "damage": "",
        "ranked_by": "reward",
        "labels_by": "people",
        "settings_hash": "0123456789abcdef",
        "app_version": "0.2.0",
        "video_path": "P01_11.mp4",
        "video_fps": 30.0,
        "video_width": 96,
        "video_height": 64,
        "video_duration_s": 60.0,
        **known,
    }


def facts(**changes: Any) -> ExportFacts:
    """How these clips were chosen."""
    usual = ExportFacts(
        export_id="20261127-150000-abcd",
        created_at="2026-11-27T15:00:00+00:00",
        app_version="0.2.0",
        chosen=("by reward",),
        ranked_by="reward",
        model_name="mine",
        seed=7,
        settings_hash="0123456789abcdef",
        threshold=None,
        labels_by="people",
        notes=(),
        synthetic=0,
        sources={"folder": 1},
    )
    return replace(usual, **changes)


def made(rows: Sequence[Mapping[str, Any]], parts: Path, vectors: Mapping[str, Any] | None = None) -> Made:
    """The clips of these rows; each part's folder is made, empty."""
    for index in range(len(rows)):
        (parts / str(index)).mkdir(parents=True, exist_ok=True)
    floats = {key: np.asarray(vector, np.float32) for key, vector in (vectors or {}).items()}
    return Made(pa.Table.from_pylist([dict(row) for row in rows], SCHEMA), facts(), parts, floats)


def clip_to_export(row: Mapping[str, Any]) -> ClipToExport:
    """What `make_part` gets of a row."""
    return ClipToExport(
        rank=row["rank"],
        clip_id=row["clip_id"],
        path=row["video_path"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        fps=row["video_fps"],
        width=row["video_width"],
        height=row["video_height"],
    )
