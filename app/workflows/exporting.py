"""Exports the best clips: a ranked list, and optionally the cut clips as a bundle; every export can be repeated."""

from __future__ import annotations

import contextlib
import errno
import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.workflows.export_inputs import kept_table
from app.workflows.export_places import check_places
from app.workflows.export_plan import ExportPlan, plan_export
from app.workflows.jobs.kinds import FollowUp, JobKind
from app.workflows.sharing.bundle_out import finish_bundle
from engine.contracts.export import CutPayload, CutSettings, ExportFileRow
from engine.errors import ExportError, JobError
from engine.export.names import clip_file_name
from engine.export.settings import ExportSettings
from engine.export.writers import write_table
from engine.files.replace_whole import copy_whole, remove_leftovers
from engine.runtime.payloads import WrittenPayload
from engine.runtime.spec import Item, JobSpec, read_spec
from storage.exports import CutFile, ExportResults, ExportRun
from storage.jobs import ACTIVE, RESUMABLE
from storage.paths import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import JsonValue

    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Job, Outcome

__all__ = [
    "EXPORT_KIND",
    "InFormat",
    "Written",
    "cutting_jobs",
    "record_export",
    "repeat_plan",
    "write_export",
]


@dataclass(frozen=True, kw_only=True)
class Written:
    """An export that was recorded; `spec` is the job that cuts its clips, where that was asked for."""

    export_id: str
    clips: int
    list_file: Path | None
    folder: Path | None
    spec: JobSpec | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InFormat:
    """The format of an export as it is recorded: its options as they were chosen, and with all filled in."""

    name: str
    asked: Mapping[str, JsonValue]
    options: Mapping[str, JsonValue]


# --- writing ----------------------------------------------------------------------------------------------------------


def write_export(
    workspace: Workspace,
    plan: ExportPlan,
    *,
    list_file: Path | None = None,
    folder: Path | None = None,
    overwrite: bool = False,
    make_folders: bool = False,
    repeats: str | None = None,
) -> Written:
    """Write the list at once, record the export, and make the job that cuts its clips into `folder`.

    Nothing is overwritten unless `overwrite`; then files of the same names are replaced and others are left alone.
    Folders above the list or the cut clips that don't exist are made only where `make_folders` asks for it. Raises
    `ExportError` before anything is written, `MissingFolderError` for such a folder.
    """
    if list_file is None and folder is None:
        raise ExportError(
            "there is nothing to write", remedy="Name a file for the list, a folder for cut clips, or both."
        )
    if not plan.clips:
        raise ExportError("no clip comes out", remedy="Loosen the filter or the threshold.")
    check_places(list_file, folder, overwrite=overwrite, make_folders=make_folders)
    export_id = record_export(workspace, plan, list_file=list_file, folder=folder, repeats=repeats)
    if list_file is not None:
        write_table(plan.table, list_file, overwrite=overwrite)
    spec = cutting_spec(workspace, plan, export_id, folder) if folder is not None else None
    return Written(
        export_id=export_id, clips=plan.clips, list_file=list_file, folder=folder, spec=spec, notes=plan.notes
    )


def record_export(
    workspace: Workspace,
    plan: ExportPlan,
    *,
    list_file: Path | None = None,
    folder: Path | None = None,
    repeats: str | None = None,
    in_format: InFormat | None = None,
) -> str:
    """Keep the list of an export and record what was chosen; returns the export's id."""
    at = datetime.now(UTC)
    export_id = f"{at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    write_table(plan.table, kept_list(workspace, export_id))
    chosen = plan.selection
    results = ExportResults(
        clips=plan.clips,
        duration_s=plan.seconds,
        videos=plan.videos,
        list_file=str(list_file) if list_file else None,
        folder=str(folder) if folder else None,
        repeats=repeats,
        notes=tuple(plan.notes),
        left_out={}
        if chosen is None
        else {
            "filter": plan.outside,
            "dropped": plan.dropped,
            "unscored": chosen.unscored,
            "below_threshold": chosen.below_threshold,
            "too_similar": chosen.too_similar,
            "over_quota": chosen.over_quota,
            "beyond_top": chosen.beyond_top,
        },
    )
    if in_format is not None:
        results = replace(results, format=in_format.name, options=in_format.options, asked=in_format.asked)
    workspace.exports.add(ExportRun(export_id, at, plan.settings.model_dump(mode="json"), results))
    return export_id


def kept_list(workspace: Workspace, export_id: str) -> Path:
    """The path of an export's list in the workspace."""
    return workspace.paths.export_list(export_id)


def cutting_spec(workspace: Workspace, plan: ExportPlan, export_id: str, folder: Path) -> JobSpec:
    """The job that cuts the clips of a list. Clips of one video stay together."""
    wanted = plan.table.column("video_id").unique().to_pylist()
    paths = {video.video_id: video.path for video in workspace.videos.find(ids=wanted)}
    settings = CutSettings(
        export_id=export_id,
        folder=str(folder),
        crf=plan.settings.crf,
        max_short_side_px=plan.settings.max_short_side_px,
    )
    return JobSpec("export", tuple(_clips_to_cut(plan, paths)), settings)


def _clips_to_cut(plan: ExportPlan, paths: Mapping[str, str]) -> Iterator[Item[CutPayload]]:
    """One item a clip of the list; a long list's payloads stay text."""
    digits = max(4, len(str(plan.clips)))
    table = plan.table.select(["rank", "clip_id", "video", "video_id", "start_s", "end_s"])
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            start_s, end_s = row["start_s"], row["end_s"]
            payload = {
                "clip_id": row["clip_id"],
                "path": paths.get(row["video_id"], row["video"]),
                "start_s": start_s,
                "end_s": end_s,
                "file": "clips/" + clip_file_name(row["rank"], row["video"], start_s, end_s, digits=digits),
            }
            written: WrittenPayload[CutPayload] = WrittenPayload(json.dumps(payload), CutPayload)
            yield Item(row["clip_id"], written, group=row["video_id"], cost=max(0.1, end_s - start_s))


def repeat_plan(workspace: Workspace, export_id: str, *, fresh: bool = False) -> ExportPlan:
    """Plan a repetition of an export: the same rows, or (`fresh`) its settings applied to the workspace as it is now.

    Raises `StorageError` for an unknown export, `ExportError` where its list is lost.
    """
    run = workspace.exports.get(export_id)
    settings = ExportSettings.model_validate(run.settings)
    if fresh:
        return plan_export(workspace, settings)
    table = kept_table(workspace, export_id)
    return replace(
        ExportPlan(settings=settings, table=table, selection=None, outside=0, dropped=0), notes=run.results.notes
    )


def cutting_jobs(workspace: Workspace) -> dict[str, Job]:
    """Export id → the job that is still cutting its clips, or stopped before all were cut."""
    found: dict[str, Job] = {}
    for job in workspace.jobs.find(states=(*ACTIVE, *RESUMABLE), kind="export"):
        with contextlib.suppress(JobError):  # its folder was cleaned up: that job can't go on
            spec = read_spec(workspace.paths.job(job.job_id) / "spec.json", items=False)
            found.setdefault(spec.settings_as(CutSettings).export_id, job)
    return found


# --- storing what the workers cut ------------------------------------------------------------------------------------


def apply(workspace: Workspace, settings: CutSettings, shard: ShardFolder, _prepared: None) -> Iterable[Outcome]:
    """Move the cut files into the export's folder, and store their checksums."""
    rows, made = shard.read(ExportFileRow), shard.files()
    for row in rows:
        _put(made.get(row.file), inside(Path(settings.folder), row.file))
    workspace.exports.add_files(settings.export_id, (CutFile(**row.columns()) for row in rows))
    return []


def _put(made: Path | None, target: Path) -> None:
    """Move a cut file to its place, where it appears only when it is complete.

    One that is there already was moved by an attempt that the store refused. Raises `ExportError`, OSError.
    """
    if made is None or not made.exists():
        if not target.is_file():
            raise ExportError(f"the clip {target.name!r} was announced but never cut")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target)  # of an app that was killed: this file is this item's alone
    try:
        made.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_whole(made, target)  # another disk
        made.unlink()


def after(workspace: Workspace, settings: CutSettings) -> list[FollowUp]:
    """When every clip is cut or has failed: write the files that make the folder a bundle."""
    finish_bundle(workspace, settings.export_id, settings.folder, kept_list(workspace, settings.export_id))
    return []


EXPORT_KIND = JobKind(
    kind="export",
    lane="quick",
    settings=CutSettings,
    payload=CutPayload,
    apply=apply,
    after=after,
    portable=True,
)
