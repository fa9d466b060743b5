"""`handpicked extract`, `composite`, `features`: measure clips, score them by hand-set weights, export the numbers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.executor_option import Address, Executor
from app.cli.job_report import DONE, PARTLY, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import session
from app.text import plural
from app.workflows.extracting import export_features, extract_spec, recompute_composite, standing
from app.workflows.staleness import stale_numbers, stale_warnings
from engine.contracts.extract import ExtractSettings

__all__ = ["cli", "composite", "extract"]

cli = typer.Typer(no_args_is_help=True, help="Features of clips: how far each extractor is, and export.")


def extract(
    context: typer.Context,
    only: Annotated[
        str | None, typer.Option(help="Extractors, with commas between, e.g. sharpness,hands.", show_default=False)
    ] = None,
    clips_where: Annotated[
        str | None,
        typer.Option(
            help="SQL condition over clip, video and clip_features, e.g. \"source = 'epic'\".", show_default=False
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Measure even what has its numbers.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Worker processes.", show_default=False)] = None,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Measure the clips that lack numbers, as the settings are now. Each video is decoded once."""
    names = [part.strip() for part in only.split(",") if part.strip()] if only else None
    with session(context, workers=workers, executor=executor, address=address) as opened:
        clip_ids = opened.workspace.clips.matching(clips_where) if clips_where else None
        spec = extract_spec(opened.workspace, only=names, clip_ids=clip_ids, again=again)
        measuring = spec.settings_as(ExtractSettings).extractors
        stale = [row for row in stale_numbers(opened.workspace) if row.extractor in measuring]
        for row in stale:
            say(f"{row.title}: measured again for {plural(row.clips, 'clip')}. {row.why}", "yellow")
        before = opened.workspace.features.measured()
        report = opened.run("Extract features", spec) if spec.items else None
        warnings = opened.workspace.jobs.warnings(report.job.job_id) if report else []
        rows = standing(opened.workspace)
        missed = opened.workspace.features.failures()
        results = opened.workspace.features.measured() != before or (report is not None and report.job.done > 0)
    if options(context).json:
        extractors = {row.extractor: {"measured": row.measured, "clips": row.total} for row in rows}
        said = report.as_json("video") if report else {"state": "done", "message": "", "failed": [], "follow_ups": []}
        videos = report.job.done if report else 0
        again_for = [{"extractor": row.extractor, "clips": row.clips, "why": row.why} for row in stale]
        failures = [asdict(failure) for failure in missed]
        found = {"videos": videos, "extractors": extractors, "measured_again": again_for, "clips_failed": failures}
        print_json({**said, **found, "warnings": warnings})
    else:
        for warning in warnings:
            say(warning, "yellow")
        print_table(("extractor", "measured", "clips"), [(row.extractor, row.measured, row.total) for row in rows])
        for reason in sorted({f"{failure.extractor}: {failure.error}" for failure in missed}):
            say(reason, "yellow")
    exit_with(report.exit_code_with(results=results) if report else DONE, PARTLY if missed else DONE)


def composite(context: typer.Context) -> None:
    """Compute the composite score anew from the weights in features.yaml; nothing is decoded."""
    with session(context) as opened:
        count = recompute_composite(opened.workspace)
        for warning in stale_warnings(opened.workspace):
            say(warning, "yellow")
    if options(context).json:
        print_json({"clips_scored": count})
    else:
        say(f"{plural(count, 'clip')} scored.")


@cli.command("export")
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="The file to write: .csv or .parquet.", metavar="FILE")],
) -> None:
    """Write all features of all clips to a file."""
    with session(context) as opened:
        rows = export_features(opened.workspace, out)
    if options(context).json:
        print_json({"file": str(out), "clips": rows})
    else:
        say(f"{plural(rows, 'clip')} written to {out}.")
