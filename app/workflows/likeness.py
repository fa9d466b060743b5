"""Makes the 2D map of embeddings and groups of near-duplicate clips, in jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from app.workflows.jobs.kinds import FollowUp, JobKind
from engine.contracts.likeness import (
    EMBEDDED_FILE,
    ClipMapRow,
    MapSettings,
    NearDuplicateRow,
    NearDuplicateSettings,
)
from engine.errors import EngineError
from engine.runtime.spec import Item, ItemPayload, JobSpec

if TYPE_CHECKING:
    from pathlib import Path

    from engine.likeness.projection import Method
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome
    from storage.library.view import ClipView

__all__ = ["MAP_KIND", "NEAR_DUPLICATES_KIND", "keep_best_of_each", "map_job", "near_duplicates_job"]

MIN_SIMILARITY = 0.97
MIN_OVERLAP = 0.5


def map_job(workspace: Workspace, method: Method = "umap") -> FollowUp:
    """The job that places every clip with an embedding on the map. Raises `EngineError` without any."""
    settings = MapSettings(method=method, model=model_of(workspace))
    return FollowUp("Map the embeddings", JobSpec("map", (Item(method, ItemPayload()),), settings))


def near_duplicates_job(
    workspace: Workspace, *, min_similarity: float = MIN_SIMILARITY, min_overlap: float = MIN_OVERLAP
) -> FollowUp:
    """The job that groups near-duplicate clips. Raises `EngineError` where no clip has an embedding."""
    model = model_of(workspace)
    settings = NearDuplicateSettings(min_similarity=min_similarity, min_overlap=min_overlap, model=model)
    return FollowUp("Find near-duplicates", JobSpec("near_duplicates", (Item("all clips", ItemPayload()),), settings))


def model_of(workspace: Workspace) -> str:
    """The model that computed the clips' embeddings."""
    model = workspace.features.embedding_model()
    if model is None:
        raise EngineError("No clip has an embedding yet.", remedy="Extract features first.")
    return model


def prepare(workspace: Workspace, settings: MapSettings | NearDuplicateSettings, folder: Path) -> None:
    """Write the clips and their vectors for the worker."""
    pq.write_table(workspace.likeness.vectors(settings.model), folder / EMBEDDED_FILE)


def apply_map(workspace: Workspace, _settings: MapSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Take in a map, in the place of the one before."""
    found = shard.table(ClipMapRow.TABLE)
    if found is not None:
        workspace.likeness.put_map(found)
    return []


def apply_groups(
    workspace: Workspace, _settings: NearDuplicateSettings, shard: ShardFolder, _prepared: None
) -> list[Outcome]:
    """Take in groups, in the place of those before."""
    workspace.likeness.put_groups(shard.table(NearDuplicateRow.TABLE))
    return []


MAP_KIND = JobKind(kind="map", lane="quick", settings=MapSettings, apply=apply_map, prepare=prepare)
NEAR_DUPLICATES_KIND = JobKind(
    kind="near_duplicates", lane="quick", settings=NearDuplicateSettings, apply=apply_groups, prepare=prepare
)


def keep_best_of_each(workspace: Workspace, view: ClipView) -> int:
    """Tag `drop` on every near-duplicate of a better clip of the view, in one action that can be undone.

    Returns how many clips were tagged. Clips tagged `keep` stay.
    """
    groups = workspace.likeness.groups(view, limit=1_000_000)
    others = [clip_id for group in groups for clip_id in group.clip_ids[1:]]
    kept = workspace.tags.tagged("keep")
    return workspace.tags.add([clip_id for clip_id in others if clip_id not in kept], "drop").clips
