"""Writes a bundle around a folder of cut clips: lists, data about the clips, the manifest, the checksums."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from engine.errors import ExportError
from engine.export.bundle import write_manifest
from engine.export.fiftyone_script import FIFTYONE_FILE, write_fiftyone_script
from engine.export.manifest import BundleClip, BundleModel, Manifest
from engine.export.metadata import METADATA_FILE, write_metadata
from engine.export.settings import ExportSettings
from engine.export.writers import write_table
from engine.files.digest import sha256_of_file
from engine.files.read_json import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.preference.kinds import LabelKind
    from storage import Workspace
    from storage.exports import CutFile
    from storage.rewards import RewardModel

__all__ = ["finish_bundle"]

LIST_FILE = "list.csv"
NOT_CUT = "The clip could not be cut; the job's failures say why."


def finish_bundle(workspace: Workspace, export_id: str, folder: str | Path, kept_list: Path) -> Manifest:
    """Write everything but the clips themselves into `folder`, replacing an earlier result. Raises `ExportError`, also
    where a reader would refuse part of the bundle."""
    folder = Path(folder)
    try:
        manifest = manifest_of(workspace, export_id, folder, kept_list)
    except ValidationError as error:
        raise ExportError(
            f"the bundle in {folder} can't be described: {explain(error)}",
            remedy="Correct that clip or model, or leave it out.",
        ) from error
    write_manifest(folder, manifest)
    return manifest


def manifest_of(workspace: Workspace, export_id: str, folder: Path, kept_list: Path) -> Manifest:
    """Write list and tables into `folder`; returns the manifest of them and of the clips."""
    run = workspace.exports.get(export_id)
    settings = ExportSettings.model_validate(run.settings)
    listed = pq.read_table(kept_list)
    cut = workspace.exports.files(export_id)
    clip_ids = listed.column("clip_id").to_pylist()
    for name in ("file", "sha256"):
        values = [getattr(cut[clip_id], name) if clip_id in cut else None for clip_id in clip_ids]
        listed = listed.append_column("file" if name == "file" else "file_sha256", pa.array(values, pa.string()))
    write_table(listed, folder / LIST_FILE, overwrite=True)
    tables = data_tables(workspace, [clip_id for clip_id in clip_ids if clip_id in cut], settings)
    for name, table in tables.items():
        write_table(table, folder / "data" / f"{name}.parquet", overwrite=True)
    files = {clip_id: cut[clip_id].file for clip_id in clip_ids if clip_id in cut}
    write_metadata(listed, files, folder / METADATA_FILE)
    write_fiftyone_script(folder)
    names = [LIST_FILE, METADATA_FILE, FIFTYONE_FILE, *(f"data/{name}.parquet" for name in tables)]
    model = workspace.rewards.get(settings.model_id) if settings.model_id else None
    labels = tables.get("labels")
    return Manifest(
        export_id=export_id,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        app_version=version("handpicked"),
        settings=dict(run.settings),
        model=None if model is None else bundle_model(model),
        embedding_model=workspace.features.embedding_model(),
        simulated_labels=count_of(labels, "simulated"),
        model_labels=count_of(labels, "model"),
        synthetic_clips=listed.column("source").to_pylist().count("sample"),
        clips=tuple(bundle_clip(row, cut[row["clip_id"]]) for row in listed.to_pylist() if row["clip_id"] in cut),
        failed=tuple({"clip_id": clip_id, "error": NOT_CUT} for clip_id in clip_ids if clip_id not in cut),
        files={name: sha256_of_file(folder / name) for name in names},
    )


def count_of(labels: pa.Table | None, kind: LabelKind) -> int:
    """How many labels of the table are of one kind."""
    return 0 if labels is None else labels.column("kind").to_pylist().count(kind)


def bundle_model(model: RewardModel) -> BundleModel:
    """The model that ranked the list, as the manifest has it."""
    return BundleModel(
        model_id=model.model_id,
        name=model.name,
        created_at=model.created_at,
        seed=model.seed,
        settings=model.settings,
        metrics=model.report_json,
    )


def bundle_clip(row: Mapping[str, str | float | bool | None], file: CutFile) -> BundleClip:
    """One row of the list with its cut file, as an entry of the manifest."""
    known = {name: row[name] for name in BundleClip.model_fields if name in row and name not in ("tags", "file")}
    made = {"file": file.file, "sha256": file.sha256, "size_bytes": file.size_bytes, "frames": file.frames}
    tags = tuple(str(row["tags"]).split(", ")) if row["tags"] else ()
    return BundleClip.model_validate({**known, **made, "tags": tags})


def data_tables(workspace: Workspace, clip_ids: list[str], settings: ExportSettings) -> dict[str, pa.Table]:
    """Name → the table of these clips for `data/<name>.parquet`; empty tables are left out.

    Doubtful numbers are left out: a reader could not distinguish them from sound ones.
    """
    wanted = pa.array(clip_ids, pa.string())
    tables = {}
    for known in workspace.features.tables():
        doubted = workspace.features.doubted(known.extractor)
        sound = [clip_id for clip_id in clip_ids if clip_id not in doubted]
        tables[f"features_{known.extractor}"] = workspace.exports.features_of(known.table, sound)
    vectors = workspace.features.vectors()
    if vectors is not None:
        found = pa.table(
            {
                "clip_id": pa.array(vectors.clip_ids, pa.string()),
                "model": pa.array([vectors.model] * len(vectors.clip_ids), pa.string()),
                "vector": pa.array(list(vectors.vectors), pa.list_(pa.float32())),
            }
        )
        tables["embedding"] = found.filter(pc.is_in(found.column("clip_id"), wanted))
    if settings.model_id:
        scores = workspace.rewards.scores(settings.model_id)
        tables["scores"] = scores.filter(pc.is_in(scores.column("clip_id"), wanted))
    if settings.with_labels:
        tables["labels"] = workspace.exports.labels_among(clip_ids)
    return {name: table for name, table in tables.items() if table.num_rows}
