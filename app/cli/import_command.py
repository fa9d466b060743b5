"""`handpicked import`: import videos and annotation files, and cut the videos into clips."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from app.cli.executor_option import Address, Executor
from app.cli.job_report import DONE, FAILED, PARTLY, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import Session, session
from app.text import duration, plural
from app.workflows.importing import add_annotations, prepare_import
from app.workflows.sharing.bundle_in import clips_here
from app.workflows.sharing.receive import prepare_bundle
from engine.export.bundle import is_bundle
from engine.files.typed_path import typed_path, typed_paths
from engine.preference.kinds import USED_FIRST, counted_by
from engine.settings.data import DataSettings

if TYPE_CHECKING:
    from app.cli.job_report import JobReport
    from app.workflows.importing import AnnotationReport
    from engine.clipping import ClippingSettings, Method

__all__ = ["import_videos"]

ANNOTATION_SUFFIXES = (".csv", ".tsv", ".json")


class SourceName(StrEnum):
    """Where the files come from."""

    FOLDER = "folder"
    EPIC = "epic"
    EGO4D = "ego4d"
    GOPRO = "gopro"


class Clips(StrEnum):
    """How videos become clips."""

    ANNOTATIONS = "annotations"
    STRIDE = "stride"
    SHOTS = "shots"
    ACTIVITY = "activity"
    WHOLE = "whole"
    NONE = "none"


def import_videos(
    context: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files and folders, annotation files (.csv, .json), or a bundle.")
    ] = None,
    source: Annotated[SourceName, typer.Option(help="Where the files come from.")] = SourceName.FOLDER,
    annotations: Annotated[
        list[str] | None, typer.Option(help="An annotation file; may be given more than once.")
    ] = None,
    clips: Annotated[
        Clips | None,
        typer.Option(help="How videos become clips; annotations where there are any, else stride.", show_default=False),
    ] = None,
    stride_s: Annotated[
        float | None, typer.Option(help="From one clip's start to the next's.", show_default=False)
    ] = None,
    length_s: Annotated[
        float | None, typer.Option(help="Length of a clip at fixed stride.", show_default=False)
    ] = None,
    pictures: Annotated[bool, typer.Option(help="Make thumbnails and previews at once.")] = True,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Import videos and annotations, and cut the videos into clips; or a bundle that a colleague exported.

    Nothing is copied, nothing is modified.
    """
    bundles = [path for path in paths or [] if any(map(is_bundle, typed_paths([path])[0]))]
    if bundles:
        if len(bundles) < len(paths or []):
            raise typer.BadParameter("give bundles by themselves, without other files", param_hint="PATH")
        import_bundles(context, bundles)
        return
    files = [path for path in paths or [] if not is_annotation(path)]
    tables = [*(annotations or []), *(path for path in paths or [] if is_annotation(path))]
    if not files and not tables:
        raise typer.BadParameter("give at least one file or folder", param_hint="PATH")
    method = clips or (Clips.ANNOTATIONS if tables else Clips.STRIDE)
    with session(context, executor=executor, address=address) as opened:
        clipping = clipping_settings(opened, stride_s, length_s)
        before = opened.workspace.videos.totals()
        reports = [add_annotations(opened.workspace, table, source=source.value, clipping=clipping) for table in tables]
        request = prepare_import(
            files,
            source=source.value,
            clips=None if method is Clips.NONE else cast("Method", method.value),
            clipping=clipping,
            pictures=pictures,
            follow_links=opened.workspace.settings.load(DataSettings).imports.follow_links,
        )
        ran = opened.run("Import", request.spec) if request.files else None
        result = result_of(opened, ran)
        after = opened.workspace.videos.totals()
    result["videos_added"] = after.videos - before.videos
    result["clips_added"] = after.clips - before.clips
    result["segments_added"] = sum(report.new_segments for report in reports)
    result["segments_waiting"] = after.segments_waiting
    result["problems"] = [str(problem) for problem in (*request.problems, *(p for r in reports for p in r.problems))]
    if options(context).json:
        print_json(result)
    else:
        report_to_person(result, reports, after.clip_s)
    useful = result["videos_added"] or result["segments_added"] or result["skipped"] or tables
    nothing = not useful and (result["failed"] or result["problems"])
    own = FAILED if nothing else PARTLY if result["problems"] else DONE
    exit_with(ran.exit_code if ran else DONE, own)


def import_bundles(context: typer.Context, paths: list[str]) -> None:
    """Import bundles that colleagues exported: clips with narration, features, labels and scores."""
    said: list[dict[str, Any]] = []
    reports: list[JobReport] = []
    left_out: list[str] = []
    with session(context) as opened:
        before = opened.workspace.labels.counts()
        for path in paths:
            request = prepare_bundle(opened.workspace, typed_path(path))
            clips = opened.workspace.clips.count()
            report = opened.run("Import bundle", request.spec)
            reports.append(report)
            left_out += request.problems
            for problem in request.problems:
                say(f"{path}: {problem}", "red")
            came = {
                "clips": opened.workspace.clips.count() - clips,
                "clips_here": clips_here(opened.workspace, request.folder),
                "clips_in_bundle": request.manifest.most_rows,
            }
            said.append({"bundle": path, **came, "problems": list(request.problems), **report.as_json("path")})
        after = opened.workspace.labels.counts()
    added = after.since(before)
    if options(context).json:
        by_others = {"simulated_labels_added": added.simulated, "model_labels_added": added.model}
        print_json({"bundles": said, "labels_added": added.people, **by_others})
    else:
        for one in said:
            here = f"{one['clips_here']:,} of the bundle's {one['clips_in_bundle']:,} are here"
            say(f"{one['bundle']}: {plural(one['clips'], 'clip')} came in; {here}.", "bold")
        say(f"{', '.join(counted_by(added.of(kind), kind) for kind in USED_FIRST)} added.")
    exit_with(PARTLY if left_out else DONE, *(report.exit_code for report in reports))


def is_annotation(path: str) -> bool:
    """Whether a named path is an annotation file rather than something to look for videos in."""
    return path.lower().endswith(ANNOTATION_SUFFIXES) and Path(path).is_file()


def clipping_settings(opened: Session, stride_s: float | None, length_s: float | None) -> ClippingSettings:
    """The workspace's clipping settings with the options on top. Raises `typer.BadParameter` for one out of range."""
    settings = opened.workspace.settings.load(DataSettings).clipping
    given = {"stride_s": stride_s or length_s, "length_s": length_s or stride_s}
    changed = {name: value for name, value in given.items() if value is not None}
    try:
        return type(settings).model_validate({**settings.model_dump(), **changed})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def result_of(opened: Session, ran: JobReport | None) -> dict[str, Any]:
    """The result of the import job; None where none was needed, as for an annotation file alone."""
    if ran is None:
        return {
            "job_id": None,
            "state": "done",
            "message": "",
            "failed": [],
            "left_out": [],
            "follow_ups": [],
            "skipped": [],
            "warnings": [],
        }
    skipped = opened.workspace.jobs.skipped(ran.job.job_id)
    return {
        **ran.as_json("path"),
        "skipped": [{"path": item, "reason": reason} for item, reason in skipped],
        "warnings": opened.workspace.jobs.warnings(ran.job.job_id),
    }


def report_to_person(result: dict[str, Any], reports: list[AnnotationReport], clip_s: float) -> None:
    """Print the result of an import, with the name of every file that could not be read."""
    for report in reports:
        waiting = f"; {plural(report.waiting_videos, 'video')} not here yet" if report.waiting_videos else ""
        say(f"{report.path}: {report.format}, {plural(report.rows, 'row')}, {report.new_segments:,} new{waiting}")
    if result["job_id"] is not None or result["clips_added"]:
        added = f"Added {plural(result['videos_added'], 'video')} and {plural(result['clips_added'], 'clip')}"
        say(f"{added}; the workspace now holds {duration(clip_s)} in clips.", "bold")
    if result["skipped"]:
        print_table(("skipped", "why"), [(s["path"], s["reason"]) for s in result["skipped"]], title="")
    for problem in [*result["warnings"], *result["problems"]]:
        say(problem, "yellow")
