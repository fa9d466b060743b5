"""Kinds `map` and `near_duplicates`: which clips look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.runtime.rows import Row
from engine.runtime.spec import StepSettings

__all__ = ["EMBEDDED_FILE", "ClipMapRow", "MapSettings", "NearDuplicateRow", "NearDuplicateSettings"]

EMBEDDED_FILE = "embedded.parquet"
"""In the folder of inputs: the clips that have an embedding. `clip_id`, `video_id`, `start_s`, `end_s`, `worth` (higher
leads a group), `vector`."""


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
