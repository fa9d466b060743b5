"""Extracts features: the enabled extractors measure clips in a job, then the composite score is recomputed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from app.workflows.clipping import clips_of
from app.workflows.damage import take_damage
from app.workflows.jobs.kinds import FollowUp, JobKind
from app.workflows.pictures import picture_jobs
from app.workflows.rewarding import score_job
from engine.contracts.damage import VideoDamageRow
from engine.contracts.extract import (
    EMBEDDING_TABLE,
    FEATURES_PREFIX,
    ClipDamageRow,
    CutToActivity,
    ExtractPayload,
    ExtractSettings,
    FailureRow,
    ResourceSettings,
)
from engine.export.writers import write_pieces
from engine.features.composite import COMPOSITE, composite_score
from engine.features.device import card_count
from engine.features.registry import get
from engine.features.resources import Resources
from engine.features.settings import FeatureSettings, enabled_extractors, extractor_settings
from engine.runtime.machine import WorkerNeeds
from engine.runtime.payloads import with_windows
from engine.runtime.spec import Item, JobSpec
from engine.settings.jobs import JobSettings
from storage.clips_by_video import Measurement
from storage.errors import StorageError
from storage.feature_rows import FeatureFailure, FeatureTable
from storage.jobs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from engine.clipping import ClippingSettings
    from engine.runtime.shards import ShardFolder
    from engine.settings.jobs import DeviceSettings
    from engine.settings_model import SettingsModel
    from storage import Workspace
    from storage.clips_by_video import ClipsLackingFeatures

__all__ = [
    "EXTRACT_KIND",
    "Standing",
    "activity_job",
    "composite_weights",
    "export_features",
    "extract_spec",
    "recompute_composite",
    "standing",
]

COMPOSITE_TABLE = FeatureTable("composite", (COMPOSITE.name,))
NOTHING = {"note": "", "damaged": False}
MOST_REASONS = 5
"""The most reasons reported for one video; `feature_failure` has one for every clip."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One extractor's progress: clips measured with the present settings, of all clips."""

    extractor: str
    title: str
    enabled: bool
    measured: int
    total: int


def table_of(name: str) -> FeatureTable:
    """The store's table of an extractor."""
    return FeatureTable(name, tuple(column.name for column in get(name).columns))


def settings_of(workspace: Workspace) -> SettingsModel:
    """The settings of all extractors."""
    return workspace.settings.load(FeatureSettings)


def resources_of(workspace: Workspace) -> Resources:
    """Where model files are searched. The worker gets the same: the settings hash depends on the files found."""
    return Resources(weights_folders=(workspace.paths.weights,))


def compute_of(workspace: Workspace) -> DeviceSettings:
    """What models run on, by jobs.yaml."""
    return workspace.settings.load(JobSettings).compute


def cards_of(settings: ExtractSettings) -> int:
    """How many of NVIDIA's cards an extraction runs on; 0 where it runs on the CPU."""
    device = settings.resources.device or "auto"
    if device in ("auto", "cuda"):
        return card_count()
    return int(device.startswith("cuda"))


def measurement(workspace: Workspace, settings: SettingsModel, name: str) -> Measurement:
    """An extractor's table, and the version and settings that are wanted of it now."""
    extractor = get(name)(extractor_settings(settings, name), resources_of(workspace))
    return Measurement(table_of(name), extractor.version, extractor.settings_hash())


def stale_clips(workspace: Workspace, settings: SettingsModel, name: str) -> set[str]:
    """The clips without this extractor's numbers at the present version and settings."""
    wanted = measurement(workspace, settings, name)
    return workspace.features.stale(wanted.table, wanted.version, wanted.settings_hash)


def standing(workspace: Workspace) -> list[Standing]:
    """Each extractor's progress, in display order."""
    settings = settings_of(workspace)
    enabled = enabled_extractors(settings)
    workspace.features.ensure(table_of(name) for name in enabled)
    total = workspace.clips.count()
    found = []
    for name in enabled:
        extractor = get(name)(extractor_settings(settings, name), resources_of(workspace))
        held = workspace.features.held(table_of(name))
        measured = sum(entry.clips for entry in held if entry.is_of(extractor.version, extractor.settings_hash()))
        found.append(Standing(extractor=name, title=extractor.title, enabled=True, measured=measured, total=total))
    return found


def extract_spec(
    workspace: Workspace,
    *,
    only: Iterable[str] | None = None,
    clip_ids: Iterable[str] | None = None,
    again: bool = False,
) -> JobSpec:
    """The job that measures what is missing, with the extractors `only` or all that are enabled.

    `clip_ids` limits it to these clips; with `again`, clips are measured even where they have the numbers. Items are
    videos, so that each is decoded once. Raises `SettingsError` for an unknown extractor.
    """
    settings = settings_of(workspace)
    names = list(only) if only is not None else enabled_extractors(settings)
    for name in names:
        get(name)
    workspace.features.ensure([*(table_of(name) for name in names), COMPOSITE_TABLE])
    measurements = [measurement(workspace, settings, name) for name in names]
    found = workspace.clips_by_video.lacking_features(measurements, again=again, among=clip_ids)
    # Only extractors that some clip needs: a worker loads the models of all that its settings name.
    needed = [name for name in names if any(name in clips.lacking for clips in found)]
    compute = compute_of(workspace)
    carried = ExtractSettings(
        extractors={name: extractor_settings(settings, name).model_dump(mode="json") for name in needed},
        resources=ResourceSettings(
            weights_folders=tuple(map(str, resources_of(workspace).weights_folders)),
            device=compute.device,
            streams=compute.stream_count,
        ),
    )
    return JobSpec("extract", tuple(items_of(found)), carried)


def items_of(found: Iterable[ClipsLackingFeatures]) -> Iterable[Item[ExtractPayload]]:
    """One item for the clips of a video that lack the same extractors: usually one item a video."""
    found = list(found)
    groups_of = Counter(clips.video_id for clips in found)
    for clips in found:
        key = clips.video_id
        if groups_of[clips.video_id] > 1:
            key = f"{clips.video_id} ({', '.join(clips.lacking)})"
        payload = with_windows(
            ExtractPayload,
            clips.windows,
            path=clips.path,
            video_id=clips.video_id,
            extractors=list(clips.lacking),
        )
        yield Item(key, payload, group=clips.video_id, cost=max(0.1, clips.seconds * len(clips.lacking)))


def apply(workspace: Workspace, _settings: ExtractSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Store numbers, vectors, tracks and failures. An item with failed clips counts as failed; its results are kept."""
    outcomes: list[Outcome] = []
    for name in shard.table_names:
        rows = shard.table(name)
        if rows is None:
            continue
        if name.startswith(FEATURES_PREFIX):
            workspace.features.add(table_of(name.removeprefix(FEATURES_PREFIX)), rows)
        elif name == EMBEDDING_TABLE:
            workspace.features.add_vectors(rows)
        elif name == ClipDamageRow.TABLE:
            workspace.features.note_damage([row.clip_id for row in shard.read(ClipDamageRow)])
        elif name == VideoDamageRow.TABLE:
            take_damage(workspace, shard)
        elif name == FailureRow.TABLE:
            failures = shard.read(FailureRow)
            workspace.features.add_failures([FeatureFailure(row.clip_id, row.extractor, row.error) for row in failures])
            outcomes = lost_clips(failures)
        else:
            workspace.features.add_tracks(name, rows)
    return outcomes


def lost_clips(failures: Iterable[FailureRow]) -> list[Outcome]:
    """One failure an item, out of those of its clips."""
    items: dict[str, list[FailureRow]] = {}
    for row in failures:
        if row.item:  # a shard written by an earlier version has no such column
            items.setdefault(row.item, []).append(row)
    return [Outcome(item, "failed", _what_was_lost(rows)) for item, rows in items.items()]


def _what_was_lost(rows: list[FailureRow]) -> str:
    count = len({row.clip_id for row in rows})
    by_reason: dict[str, dict[str, None]] = {}
    for row in rows:
        by_reason.setdefault(row.error, {})[row.extractor] = None
    reasons = [f"{', '.join(names)}: {reason}" for reason, names in by_reason.items()]
    more = f" And {len(reasons) - MOST_REASONS} more reasons." if len(reasons) > MOST_REASONS else ""
    return (
        f"{count:,} {'clip' if count == 1 else 'clips'} could not be measured. {' '.join(reasons[:MOST_REASONS])}{more}"
    )


def after(workspace: Workspace, settings: ExtractSettings) -> list[FollowUp]:
    """Recompute the composite score, score with the current reward, and make activity clips where the extraction was
    for that."""
    recompute_composite(workspace)
    then = settings.then
    if then is None:
        scoring = score_job(workspace)
        return [scoring] if scoring is not None else []
    cut_to_activity(workspace, then.videos, then.clipping)
    return picture_jobs(workspace) if then.pictures else []


EXTRACT_NEEDS = WorkerNeeds(cores=1.5, memory_bytes=2_000_000_000)
"""What a worker keeps busy and holds at most, all extractors together (`benchmarks/extraction_workers.py` and
`benchmarks/extraction_memory.py`)."""

EXTRACT_KIND = JobKind(
    kind="extract",
    settings=ExtractSettings,
    payload=ExtractPayload,
    apply=apply,
    after=after,
    cards=cards_of,
    needs=EXTRACT_NEEDS,
    portable=True,
)


# --- activity --------------------------------------------------------------------------------------------------------


def activity_job(workspace: Workspace, clipping: ClippingSettings, *, pictures: bool) -> FollowUp:
    """Measure motion and hands of videos that are one clip so far, then cut them into clips of their activity."""
    whole = workspace.clips.matching("origin = 'whole'")
    spec = extract_spec(workspace, only=("motion", "hands"), clip_ids=whole)
    videos = tuple(item.group for item in spec.items)
    then = CutToActivity(videos=videos, clipping=clipping, pictures=pictures)
    settings = spec.settings_as(ExtractSettings).model_copy(update={"then": then})
    return FollowUp("Find activity", JobSpec(spec.kind, spec.items, settings))


def cut_to_activity(workspace: Workspace, video_ids: Iterable[str], clipping: ClippingSettings) -> None:
    """Make the activity clips of videos, replacing the whole-video clips that only served to find activity."""
    for video in workspace.videos.find(ids=video_ids):
        made = clips_of(workspace, video, "activity", clipping)
        whole = [clip.clip_id for clip in workspace.clips.of_video(video.video_id) if clip.origin == "whole"]
        # Remove before adding: a video that is active throughout gets a clip of the same window, so of the same id.
        workspace.clips.remove(whole)
        workspace.clips.add(made.clips)


def composite_weights(workspace: Workspace) -> dict[str, float]:
    """The hand-set weights of the composite score."""
    weights: dict[str, float] = settings_of(workspace).composite.weights  # type: ignore[attr-defined]
    return weights


def recompute_composite(workspace: Workspace) -> int:
    """Recompute `composite_score` from the measured features, without decoding; returns how many clips have one."""
    weights = composite_weights(workspace)
    workspace.features.ensure([COMPOSITE_TABLE])
    columns = [name for name in weights if name in workspace.features.columns()]
    clip_ids = workspace.clips.spans().column("clip_id")
    values = workspace.features.numbers(clip_ids, columns)
    scores = composite_score(dict(zip(columns, values.T, strict=True)), weights) if columns else np.empty(0)
    known = np.flatnonzero(np.isfinite(scores))
    if len(known):
        rows = {"clip_id": clip_ids.take(pa.array(known)), "extractor_version": pa.repeat(1, len(known))}
        rows |= {"settings_hash": pa.repeat("", len(known)), COMPOSITE.name: pa.array(scores[known])}
        rows |= {name: pa.repeat(value, len(known)) for name, value in NOTHING.items()}
        workspace.features.add(COMPOSITE_TABLE, pa.table(rows))
    return len(known)


def export_features(workspace: Workspace, out: Path) -> int:
    """Write all clips' features as `.csv` or `.parquet`; returns how many. Raises `StorageError` for other suffixes.

    Cells that a spreadsheet would take for a formula are neutralised in CSV.
    """
    if out.suffix not in (".csv", ".parquet"):
        raise StorageError(
            f"{out.name!r}: features are written as .csv or .parquet", remedy="Give the file one of these endings."
        )
    count = 0
    schema, found = workspace.features.export()

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal count
        for piece in found:
            count += piece.num_rows
            yield piece

    write_pieces(schema, counted(), out, overwrite=True)
    return count
