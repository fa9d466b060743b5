"""What a bundle knows about its clips, brought into a workspace that calls these clips by other names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from engine.errors import ExportError
from engine.video.checksum import sha256_of_file
from storage.clips import clip_id
from storage.errors import StorageError
from storage.features import FeatureTable
from storage.labels import Label
from storage.rewards import RewardModel
from storage.sharing import LabelEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.export.bundle import Bundle
    from storage import Workspace

__all__ = ["BundleReport", "clip_names", "take_data"]

FEATURES = "data/features_"
LOCAL_ONLY = frozenset({"composite"})
"""Feature tables that every workspace computes anew from its own weights and clips."""


@dataclass(frozen=True)
class BundleReport:
    """What came with the clips."""

    clips: int
    labels: int
    simulated_labels: int
    scores: int


def clip_names(workspace: Workspace, bundle: Bundle) -> dict[str, str]:
    """The clip's name in the bundle → its name here, of the clips that are here."""
    manifest = bundle.manifest
    sources = workspace.videos.by_sha256({clip.video_sha256 for clip in manifest.clips})
    cuts = workspace.videos.by_sha256({clip.sha256 for clip in manifest.clips})
    lengths = {video.video_id: video.duration_s for video in workspace.videos.find(ids=cuts.values())}
    names = {}
    for clip in manifest.clips:
        if clip.video_sha256 in sources:
            names[clip.clip_id] = clip_id(sources[clip.video_sha256], clip.start_s, clip.end_s)
        elif clip.sha256 in cuts:
            video_id = cuts[clip.sha256]
            names[clip.clip_id] = clip_id(video_id, 0.0, lengths[video_id])
    present = workspace.clips.ids()
    return {theirs: ours for theirs, ours in names.items() if ours in present}


def take_data(workspace: Workspace, bundle: Bundle, names: Mapping[str, str]) -> BundleReport:
    """Take in features, embeddings, labels and scores of the clips in `names`, once. Raises `ExportError` where a file
    is damaged."""
    tables = {name: checked(bundle, name) for name in bundle.manifest.files if name.startswith("data/")}

    def work() -> BundleReport:
        for name, table in tables.items():
            if name.startswith(FEATURES):
                take_features(workspace, name.removeprefix(FEATURES).removesuffix(".parquet"), renamed(table, names))
        if "data/embedding.parquet" in tables:
            take_vectors(workspace, renamed(tables["data/embedding.parquet"], names))
        labels = take_labels(workspace, tables.get("data/labels.parquet"), names)
        scores = take_scores(workspace, bundle, tables.get("data/scores.parquet"), names)
        simulated = sum(label.simulated for label in labels)
        return BundleReport(len(names), workspace.labels.add(labels), simulated, scores)

    report: BundleReport = workspace.database.transact(work)
    return report


def checked(bundle: Bundle, name: str) -> pa.Table:
    """A data file whose checksum is right. Raises `ExportError` for another."""
    path = bundle.folder / name
    try:
        if not path.is_file() or sha256_of_file(path) != bundle.manifest.files[name]:
            raise ValueError("its SHA-256 is not the manifest's")
        return pq.read_table(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        msg = f"{path} is damaged or missing: {error}"
        raise ExportError(msg, remedy="Ask for the bundle again. Its clips are imported already.") from error


def renamed(table: pa.Table, names: Mapping[str, str], column: str = "clip_id") -> pa.Table:
    """The rows about known clips, under the names they have here."""
    known = table.filter(pc.is_in(table.column(column), pa.array(list(names), pa.string())))
    ours = pa.array([names[theirs] for theirs in known.column(column).to_pylist()], pa.string())
    return known.set_column(known.schema.get_field_index(column), column, ours)


def take_features(workspace: Workspace, extractor: str, rows: pa.Table) -> None:
    """Numbers that this workspace lacks; what it measured itself stays. A table with odd names is left out."""
    if extractor in LOCAL_ONLY or rows.num_rows == 0:
        return
    kept = {"clip_id", "extractor_version", "settings_hash", "note", "damaged"}
    if not kept <= set(rows.column_names):
        return
    try:
        table = FeatureTable(extractor, tuple(name for name in rows.column_names if name not in kept))
    except StorageError:
        return
    workspace.features.ensure([table])
    have = set(workspace.exports.features_of(table.table, rows.column("clip_id").to_pylist())["clip_id"].to_pylist())
    workspace.features.add(table, without(rows, have))


def take_vectors(workspace: Workspace, rows: pa.Table) -> None:
    """Embeddings that this workspace lacks, where it has the same model's or none: two models are never mixed."""
    ours = workspace.features.vectors()
    if ours is not None:
        rows = without(rows.filter(pc.equal(rows.column("model"), ours.model)), set(ours.clip_ids))
    if rows.num_rows:
        workspace.features.add_vectors(rows)


def without(rows: pa.Table, have: set[str]) -> pa.Table:
    """The rows about other clips than `have`."""
    return rows.filter(pc.invert(pc.is_in(rows.column("clip_id"), pa.array(list(have), pa.string()))))


def take_labels(workspace: Workspace, table: pa.Table | None, names: Mapping[str, str]) -> list[Label]:
    """The labels about known clips; each annotator's stay theirs, and simulated ones stay simulated."""
    made = []
    for row in table.to_pylist() if table is not None else []:
        try:
            said = LabelEntry.model_validate(row).model_dump()
        except ValidationError:
            continue
        left, right = names.get(said["left_clip_id"]), names.get(said["right_clip_id"])
        if left is not None and right is not None and said["answer"] != "undone":
            made.append(Label(**{**said, "left_clip_id": left, "right_clip_id": right}))
    return made


def take_scores(workspace: Workspace, bundle: Bundle, table: pa.Table | None, names: Mapping[str, str]) -> int:
    """The scores of the model that ranked the bundle. It becomes the current model only where there was none."""
    model = bundle.manifest.model
    if table is None or model is None:
        return 0
    if workspace.rewards.get(model["model_id"]) is None:
        before = workspace.rewards.current()
        workspace.rewards.add(
            RewardModel(
                model["model_id"],
                f"{model['name']} (from a bundle)",
                datetime.fromisoformat(model["created_at"]).astimezone(UTC),
                int(model["seed"]),
                {**model["settings"], "from_bundle": bundle.manifest.export_id},
                model["metrics"],
            )
        )
        if before is not None:
            workspace.rewards.make_current(before.model_id)
    have = set(workspace.rewards.scores(model["model_id"]).column("clip_id").to_pylist())
    rows = without(renamed(table, names), have)
    if rows.num_rows:
        ids = pa.array([model["model_id"]] * rows.num_rows, pa.string())
        workspace.rewards.add_scores(rows.append_column("model_id", ids))
    return int(rows.num_rows)
