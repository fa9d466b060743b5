"""`handpicked import`: import videos and annotation files, and cut the videos into clips."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from app.cli.completion import complete_source
from app.cli.executor_option import Address, Executor
from app.cli.job_report import DONE, FAILED, PARTLY, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import Session, session
from app.cli.set_options import set_options
from app.text import duration, plural
from app.workflows.data_sets import Listed, list_source, prepare_listed, recognised_source
from app.workflows.importing import add_annotations
from app.workflows.sharing.bundle_in import clips_here
from app.workflows.sharing.receive import prepare_bundle
from engine.export.bundle import is_bundle
from engine.files.typed_path import typed_path, typed_paths
from engine.preference.kinds import USED_FIRST, counted_by
from engine.settings.data import DataSettings
from engine.sources.base import SourceListing
from engine.sources.registry import SOURCES

if TYPE_CHECKING:
    from app.cli.job_report import JobReport
    from app.workflows.importing import AnnotationReport
    from engine.clipping import ClippingSettings, Method

__all__ = ["import_videos"]

ANNOTATION_SUFFIXES = (".csv", ".tsv", ".json")


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
    source: Annotated[
        str | None,
        typer.Option(
            help="What the files are: folder, epic, ego4d, gopro, lerobot, webdataset, or a package's (--sources). "
            "By default what is recognised, else folder.",
            show_default=False,
            autocompletion=complete_source,
        ),
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="--set camera=…: which camera of a LeRobot data set.", show_default=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="An option of the source, NAME=VALUE; may be repeated. --sources lists them.",
            metavar="OPTION",
        ),
    ] = None,
    sources: Annotated[bool, typer.Option("--sources", help="List the sources and their options, and end.")] = False,
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
    if sources:
        list_sources(context)
        return
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
    given = set_options(settings or []) | ({"camera": camera} if camera is not None else {})
    known = recognised_source(files) if source is None else None
    name = source or known or "folder"
    with session(context, executor=executor, address=address) as opened:
        clipping = clipping_settings(opened, stride_s, length_s)
        before = opened.workspace.videos.totals()
        listed = list_source(opened.workspace, name, files, given) if files else None
        reports = [add_annotations(opened.workspace, table, source=name, clipping=clipping) for table in tables]
        method = clips or (Clips.ANNOTATIONS if tables or (listed and listed.listing.segments) else Clips.STRIDE)
        request = prepare_listed(
            opened.workspace,
            listed or Listed(source=name, listing=SourceListing(files=())),
            clips=None if method is Clips.NONE else cast("Method", method.value),
            clipping=clipping,
            pictures=pictures,
        )
        if not options(context).json:
            said = [f"Recognised as {known}; --source folder takes its files as they are."]
            for note in [*(said if known else []), *request.notes]:
                say(note)
        ran = opened.run("Import", request.spec) if request.files else None
        result = result_of(opened, ran)
        after = opened.workspace.videos.totals()
    result["videos_added"] = after.videos - before.videos
    result["clips_added"] = after.clips - before.clips
    result["segments_added"] = request.new_segments + sum(report.new_segments for report in reports)
    result["source"], result["notes"] = name, list(request.notes)
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


def list_sources(context: typer.Context) -> None:
    """Print every source with its options, those of installed packages too; of one that does not load, why."""
    found, errors = SOURCES.all()
    if options(context).json:
        listed = [
            {
                "source": one.name,
                "title": one.title,
                "description": one.description,
                "options": [
                    {"name": name, "default": field.default, "description": field.description or ""}
                    for name, field in one.Options.model_fields.items()
                ],
            }
            for one in found
        ]
        print_json({"sources": listed, "problems": [str(error) for error in errors]})
        return
    for one in found:
        say(f"{one.name}: {one.title}", "bold")
        say(f"  {one.description}")
        for name, field in one.Options.model_fields.items():
            say(f"  --set {name}={field.default!s}  {field.description or ''}")
    for error in errors:
        say(str(error), "yellow")


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
