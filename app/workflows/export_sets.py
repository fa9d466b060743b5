"""Exports in the formats of other tools: two jobs, one that makes what each clip contributes, one that assembles."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from app.workflows.export_formats import of_workspace
from app.workflows.export_inputs import ClipsOfTable, with_videos, write_inputs
from app.workflows.export_places import check_parent
from app.workflows.exporting import InFormat, Written, record_export
from app.workflows.jobs.kinds import FollowUp, JobKind, Remark
from engine.contracts.formats import AssembleSettings, PartPayload, PartRow, PartsSettings, SetRow
from engine.errors import ExportError, JobError
from engine.export.formats.registry import EXPORT_FORMATS, exporter_with
from engine.files.whole_folder import hidden_beside, is_free, put_folder_in_place, remove_folder
from engine.runtime.payloads import WrittenPayload
from engine.runtime.shards import finished_shards
from engine.runtime.spec import Item, ItemPayload, JobSpec, read_spec
from storage.jobs import ACTIVE, RESUMABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.workflows.export_formats import FormatChoice
    from app.workflows.export_plan import ExportPlan
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Job, Outcome

__all__ = ["PARTS_KIND", "SET_KIND", "set_jobs", "title_of", "write_set"]


# --- writing ----------------------------------------------------------------------------------------------------------


def write_set(
    workspace: Workspace,
    plan: ExportPlan,
    choice: FormatChoice,
    folder: Path,
    *,
    make_folders: bool = False,
    repeats: str | None = None,
) -> Written:
    """Record an export in some format, and make the job that writes it into `folder`, which must not exist yet.

    Raises `ExportError` before anything is written, `MissingFolderError` where the folder above is missing and
    `make_folders` does not ask for it.
    """
    if not plan.clips:
        raise ExportError("no clip comes out", remedy="Loosen the filter or the threshold.")
    given = of_workspace(workspace, choice.name)
    exporter = exporter_with(choice.name, {**given, **choice.options})
    if not is_free(folder):
        raise ExportError(f"{folder} is there already", remedy="Name a new folder: a data set is written whole.")
    if not make_folders:
        check_parent(folder)
    table = with_videos(workspace, plan.table)
    here = table.filter(pc.is_valid(table.column("video_path")))
    if not here.num_rows:
        raise ExportError("the videos of these clips were removed from the workspace", remedy="Import them again.")
    notes = plan.notes
    if choice.settled is None:
        options, settled_notes = type(exporter).settled(exporter.options, ClipsOfTable(here))
        settled, notes = options.model_dump(mode="json"), (*notes, *settled_notes)
    else:
        settled = {**choice.settled}
        settled |= {name: value for name, value in given.items() if name == "weights_folders"}  # where they are now
    in_format = InFormat(name=choice.name, asked=choice.options, options=settled)
    export_id = record_export(
        workspace, replace(plan, notes=notes), folder=folder, repeats=repeats, in_format=in_format
    )
    settings = PartsSettings(export_id=export_id, format=choice.name, options=settled, target=str(folder))
    spec = _parts_spec(settings, here) if exporter.has_parts else _set_spec(workspace, settings, None)
    return Written(export_id=export_id, clips=plan.clips, list_file=None, folder=folder, spec=spec, notes=notes)


def title_of(format_name: str, *, clips: bool = False) -> str:
    """The title of the job that writes a data set; of the one before it that makes what its `clips` contribute."""
    found = EXPORT_FORMATS.get(format_name)
    return f"{'Clips for' if clips and found.has_parts else 'Export as'} {found.title}"


def _parts_spec(settings: PartsSettings, table: pa.Table) -> JobSpec:
    return JobSpec("export_parts", tuple(_clips(table)), settings)


def _clips(table: pa.Table) -> Iterator[Item[PartPayload]]:
    """One item a clip, those of one video together; a long list's payloads stay text."""
    columns = ["rank", "clip_id", "video_id", "start_s", "end_s", "video_path", "video_fps", "video_width"]
    for batch in table.select([*columns, "video_height"]).to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            group = row.pop("video_id")
            clip = {name.removeprefix("video_"): value for name, value in row.items()}
            written: WrittenPayload[PartPayload] = WrittenPayload(json.dumps({"clip": clip}), PartPayload)
            yield Item(row["clip_id"], written, group=group, cost=max(0.1, row["end_s"] - row["start_s"]))


def _set_spec(workspace: Workspace, settings: PartsSettings, parts_job: int | None) -> JobSpec:
    """The job that assembles an export."""
    target = Path(settings.target)
    assembling = AssembleSettings(
        **settings.model_dump(),
        hidden=str(hidden_beside(target, settings.export_id)),
        parts=str(workspace.paths.export_parts(settings.export_id)),
        parts_job=parts_job,
    )
    return JobSpec("export_set", (Item(f"{target.name or target}", ItemPayload()),), assembling)


def set_jobs(workspace: Workspace) -> dict[str, Job]:
    """Export id → the job that is still writing its data set, or stopped before it was whole."""
    found: dict[str, Job] = {}
    for kind in ("export_set", "export_parts"):
        for job in workspace.jobs.find(states=(*ACTIVE, *RESUMABLE), kind=kind):
            if (settings := _settings_of(workspace, job)) is not None:
                found.setdefault(settings.export_id, job)
    return found


def _settings_of(workspace: Workspace, job: Job) -> PartsSettings | None:
    """What a job of one of the two kinds is about; None where its folder was cleaned up: it can't go on."""
    with contextlib.suppress(JobError):
        file = read_spec(workspace.paths.job(job.job_id) / "spec.json", items=False)
        return file.settings_as(AssembleSettings if job.kind == "export_set" else PartsSettings)
    return None


# --- what the clips contribute ----------------------------------------------------------------------------------------


def apply_parts(
    workspace: Workspace, settings: PartsSettings, shard: ShardFolder, _prepared: None
) -> Iterable[Outcome]:
    """Move the files of finished clips to the parts of their export. What was moved already stays where it is."""
    parts = workspace.paths.export_parts(settings.export_id)
    for row in shard.read(PartRow):
        (parts / row.folder).mkdir(parents=True, exist_ok=True)
    for name, path in shard.files().items():
        target = parts / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    return []


def after_parts(workspace: Workspace, settings: PartsSettings) -> Iterable[FollowUp | Remark]:
    """When every clip is made or has failed: assemble those that were made."""
    if workspace.exports.get(settings.export_id).results.made is not None:
        remove_folder(workspace.paths.export_parts(settings.export_id))
        again = f"`handpicked exports repeat {settings.export_id} --out DIR` writes a new one with all its clips"
        return [Remark(f"The data set in {settings.target} was whole before these clips were made; {again}.")]
    jobs = workspace.jobs.find(kind="export_parts", limit=1_000_000)
    mine = next(
        job.job_id
        for job in jobs
        if (about := _settings_of(workspace, job)) is not None and about.export_id == settings.export_id
    )
    return [FollowUp(title_of(settings.format), _set_spec(workspace, settings, mine))]


PARTS_KIND = JobKind(
    kind="export_parts",
    lane="quick",
    settings=PartsSettings,
    payload=PartPayload,
    apply=apply_parts,
    after=after_parts,
    portable=True,
)


# --- the data set -----------------------------------------------------------------------------------------------------


def prepare_set(workspace: Workspace, settings: AssembleSettings, folder: Path) -> None:
    """Write the clips that could be made, how they were chosen, and their embeddings."""
    write_inputs(workspace, settings.export_id, settings.parts_job, folder)


def apply_set(workspace: Workspace, settings: AssembleSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Give the finished folder its name and record what it holds. Raises `ExportError` where the name is taken."""
    target, hidden = Path(settings.target), Path(settings.hidden)
    for row in shard.read(SetRow):
        try:
            if hidden.is_dir():
                put_folder_in_place(hidden, target)
            elif target.stat().st_ino != row.inode:  # it has its name already, where this runs again after a conflict
                raise ExportError(f"{target} is not the folder that was written", remedy="Try the failed item again.")
        except OSError as error:
            raise ExportError(
                f"{target} can't get its name: {error.strerror or error}",
                remedy="Move what is there away, then try the failed item again.",
            ) from error
        workspace.exports.change_results(settings.export_id, made=row.clips, size_bytes=row.size_bytes)
    return []


def after_set(workspace: Workspace, settings: AssembleSettings) -> Iterable[FollowUp]:
    """What the clips contributed is not needed once the data set is whole; nor is what a dead worker left."""
    remove_folder(Path(settings.hidden))
    if workspace.exports.get(settings.export_id).results.made is not None:
        remove_folder(workspace.paths.export_parts(settings.export_id))
    return []


def stopped(_workspace: Workspace, settings: AssembleSettings, job_folder: Path) -> None:
    """Delete what a cancelled or killed worker left beside the target, unless it is whole and waits to be taken in."""
    if not any(finished_shards(part / "shards") for part in job_folder.glob("part-*")):
        remove_folder(Path(settings.hidden))


SET_KIND = JobKind(
    kind="export_set",
    lane="quick",
    settings=AssembleSettings,
    apply=apply_set,
    after=after_set,
    prepare=prepare_set,
    workers=1,
    stopped=stopped,
    cancelled="Cancelled. Nothing is left where the data set was to be; Resume puts it together again.",
)
