"""Kinds `map` and `near_duplicates`: which clips look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.runtime.rows import Row
from engine.runtime.spec import StepSettings

__all__ = [
    "CLIPS_FILE",
    "EMBEDDED_FILE",
    "ClipMapRow",
    "MapSettings",
    "NearDuplicateRow",
    "NearDuplicateSearchRow",
    "NearDuplicateSettings",
]

EMBEDDED_FILE = "embedded.parquet"
"""In the folder of inputs: the embeddings of clips, in no order. `clip_id`, `vector`."""
CLIPS_FILE = "clips.parquet"
"""In the folder of inputs: the clips to compare, by id. `clip_id`, `video_id`, `start_s`, `end_s`, `worth` (higher
leads a group)."""


class MapSettings(StepSettings):
    """How embeddings become points, and which model made them."""

    method: Literal["umap", "pca"]
    model: str


class NearDuplicateSettings(StepSettings):
    """From which similarity, or share of a window, clips are near-duplicates, and which model made the embeddings."""

    min_similarity: float
    min_overlap: float
    model: str


@dataclass(frozen=True, kw_only=True)
class ClipMapRow(Row):
    """A clip's place on the map."""

    TABLE = "clip_map"

    clip_id: str
    x: float
    y: float
    method: str
    model: str


@dataclass(frozen=True)
class NearDuplicateRow(Row):
    """A clip that is in a group of two or more."""

    TABLE = "near_duplicate"

    clip_id: str
    group_id: int
    similarity: float
    model: str


@dataclass(frozen=True, kw_only=True)
class NearDuplicateSearchRow(Row):
    """How the groups were found: one row."""

    TABLE = "near_duplicate_search"

    model: str
    min_similarity: float
    min_overlap: float
    clips: int
    checked: int
    """Clips of a sample that were compared with all leaders afterwards; 0 where no clip may have missed one."""
    missed: int
    """Those of the sample that belong to an earlier group than the one found."""
