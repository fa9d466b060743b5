"""Makes the 2D map of embeddings and groups of near-duplicate clips, in jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from app.workflows.jobs.kinds import FollowUp, JobKind
from engine.contracts.likeness import (
    CLIPS_FILE,
    EMBEDDED_FILE,
    ClipMapRow,
    MapSettings,
    NearDuplicateRow,
    NearDuplicateSearchRow,
    NearDuplicateSettings,
)
from engine.errors import EngineError
from engine.runtime.spec import Item, ItemPayload, JobSpec
from storage.likeness import GroupSearch

if TYPE_CHECKING:
    from pathlib import Path

    from engine.likeness.projection import Method
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome
    from storage.library.view import ClipView

__all__ = ["MAP_KIND", "MOST_ON_MAP", "NEAR_DUPLICATES_KIND", "keep_best_of_each", "map_job", "near_duplicates_job"]

MIN_SIMILARITY = 0.97
MIN_OVERLAP = 0.5
MOST_ON_MAP = 100_000
"""A map of more clips is one of a fixed sample: more points can't be told apart, and take a browser too long."""


def map_job(workspace: Workspace, method: Method = "umap") -> FollowUp:
    """The job that places the clips with an embedding on the map, of very many a sample.

    Raises `EngineError` where no clip has one.
    """
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


def prepare_map(workspace: Workspace, settings: MapSettings, folder: Path) -> None:
    """Write the clips to place, and their vectors, for the worker."""
    write_embedded(workspace, settings.model, folder, most=MOST_ON_MAP)


def prepare_groups(workspace: Workspace, settings: NearDuplicateSettings, folder: Path) -> None:
    """Write all clips and their vectors for the worker."""
    write_embedded(workspace, settings.model, folder)


def write_embedded(workspace: Workspace, model: str, folder: Path, *, most: int | None = None) -> None:
    """Write clips that have an embedding by `model`, and their vectors piece by piece; at most `most` of them."""
    likeness = workspace.likeness
    is_sample = most is not None and likeness.embedded(model) > most
    clips = likeness.clips(model, most=most if is_sample else None)
    pq.write_table(clips, folder / CLIPS_FILE)
    writer: pq.ParquetWriter | None = None
    try:
        for batch in likeness.vectors(model, clips if is_sample else None):
            writer = writer or pq.ParquetWriter(folder / EMBEDDED_FILE, batch.schema, compression="NONE")
            writer.write_batch(batch)
    finally:
        if writer is not None:
            writer.close()


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
    found = shard.table(NearDuplicateSearchRow.TABLE)
    search = None if found is None else GroupSearch(**found.to_pylist()[0])
    workspace.likeness.put_groups(shard.table(NearDuplicateRow.TABLE), search)
    return []


MAP_KIND = JobKind(kind="map", lane="quick", settings=MapSettings, apply=apply_map, prepare=prepare_map)
NEAR_DUPLICATES_KIND = JobKind(
    kind="near_duplicates", lane="quick", settings=NearDuplicateSettings, apply=apply_groups, prepare=prepare_groups
)


def keep_best_of_each(workspace: Workspace, view: ClipView) -> int:
    """Tag `drop` on every near-duplicate of a better clip of the view, in one action that can be undone.

    Returns how many clips were tagged. Clips tagged `keep` stay.
    """
    return workspace.tags.add(workspace.likeness.worse_of_groups(view, but_not="keep"), "drop").clips
