"""`handpicked rank` and `handpicked exports`: export the best clips as a list or as files, and repeat past exports."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.executor_option import Address, Executor
from app.cli.job_report import DONE, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import Session, session
from app.text import ago, duration, plural
from app.workflows.export_plan import left_out, plan_export
from app.workflows.export_words import described
from app.workflows.exporting import repeat_plan, write_export
from engine.export.settings import ExportSettings
from engine.files.typed_path import typed_path

if TYPE_CHECKING:
    from app.cli.job_report import JobReport
    from app.workflows.export_plan import ExportPlan

__all__ = ["cli", "rank"]

cli = typer.Typer(no_args_is_help=True, help="Past exports: list them, repeat one exactly.")

Out = Annotated[
    Path | None, typer.Option("--out", help="The list: .csv, .parquet or .jsonl.", metavar="FILE", show_default=False)
]
Cut = Annotated[
    Path | None,
    typer.Option("--cut", help="A new folder for cut clips: a bundle.", metavar="DIR", show_default=False),
]
MakeFolders = Annotated[
    bool, typer.Option("--make-folders", help="Make the folders above FILE and DIR that don't exist yet.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files of the same names.")]


class By(StrEnum):
    """The score to rank by."""

    REWARD = "reward"
    ROBOT = "robot"
    COMPOSITE = "composite"


def rank(
    context: typer.Context,
    out: Out = None,
    cut: Cut = None,
    top: Annotated[int | None, typer.Option(min=1, help="How many at most.", show_default=False)] = None,
    threshold: Annotated[float | None, typer.Option(help="The lowest score.", show_default=False)] = None,
    where: Annotated[
        str | None,
        typer.Option(help="SQL condition over clip, video and clip_features.", show_default=False, metavar="SQL"),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only clips with this tag; may be repeated.")] = None,
    diversity: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="No two clips whose embeddings are more alike than this cosine.", show_default=False
        ),
    ] = None,
    per_video: Annotated[
        int | None, typer.Option(min=1, help="At most so many clips of one video.", show_default=False)
    ] = None,
    by: Annotated[By, typer.Option(help="What ranks; without a model, the composite score.")] = By.REWARD,
    model: Annotated[
        str | None, typer.Option(help="A model's name or id; else the current one.", show_default=False)
    ] = None,
    crf: Annotated[int, typer.Option(min=0, max=51, help="Quality of cut clips; less is better and larger.")] = 18,
    short_side_px: Annotated[
        int | None, typer.Option(min=90, max=4320, help="Scale cut clips down to this shorter side.")
    ] = None,
    labels: Annotated[bool, typer.Option(help="Put the labels about these clips into the bundle.")] = True,
    overwrite: Overwrite = False,
    make_folders: MakeFolders = False,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Write the best clips as a ranked list, and with --cut as files that a colleague can import."""
    if out is None and cut is None:
        raise typer.BadParameter("give --out FILE, --cut DIR or both", param_hint="--out")
    if diversity is not None and diversity <= 0:
        raise typer.BadParameter("must be above 0", param_hint="--diversity")
    asked = ExportSettings(
        ranked_by=by.value,
        model_id=model,
        top=top,
        threshold=threshold,
        where=where,
        tags=tuple(tag or ()),
        diversity=diversity,
        per_video=per_video,
        crf=crf,
        max_short_side_px=short_side_px,
        with_labels=labels,
    )
    with session(context, executor=executor, address=address) as opened:
        plan = plan_export(opened.workspace, asked)
        said, ran = write(opened, plan, out, cut, overwrite=overwrite, make_folders=make_folders)
    report(context, plan, said, ran)


def write(
    opened: Session,
    plan: ExportPlan,
    out: Path | None,
    cut: Path | None,
    *,
    overwrite: bool,
    make_folders: bool = False,
    repeats: str | None = None,
) -> tuple[dict[str, Any], JobReport | None]:
    """Write an export and wait until its clips are cut; returns the export's record and how the job ended."""
    written = write_export(
        opened.workspace,
        plan,
        list_file=typed_path(out) if out else None,
        folder=typed_path(cut) if cut else None,
        overwrite=overwrite,
        make_folders=make_folders,
        repeats=repeats,
    )
    said: dict[str, Any] = {
        "export_id": written.export_id,
        "clips": plan.clips,
        "hours": plan.seconds / 3600,
        "videos": plan.videos,
        "ranked_by": plan.settings.ranked_by,
        "model_id": plan.settings.model_id,
        "synthetic_clips": plan.synthetic,
        "notes": list(plan.notes),
        "kept_by_tag": [
            {"clip_id": clip_id, "rank": kept.rank, "score": kept.score} for clip_id, kept in plan.kept_by_tag
        ],
        "list_file": str(written.list_file) if written.list_file else None,
        "folder": str(written.folder) if written.folder else None,
        "state": "done",
        "message": "",
        "failed": [],
        "follow_ups": [],
    }
    if written.spec is None:
        return said, None
    ran = opened.run("Cut clips", written.spec)
    return {**said, **ran.as_json("clip")}, ran


def report(context: typer.Context, plan: ExportPlan, said: dict[str, Any], ran: JobReport | None) -> None:
    """Print what was written and why other clips were not; the exit code tells whether everything was."""
    if options(context).json:
        print_json(said)
    else:
        for note in plan.notes:
            say(note, "yellow")
        if plan.synthetic:
            say(f"{plural(plan.synthetic, 'clip')} of rendered sample videos: synthetic.", "yellow")
        where = " and ".join(filter(None, [said["list_file"], said["folder"]]))
        say(f"{plural(plan.clips, 'clip')}, {duration(plan.seconds)}, written to {where}.", "bold")
        say(f"Left out: {left_out(plan)}." if left_out(plan) else "Nothing was left out.")
        say(f"Again, exactly: handpicked exports repeat {said['export_id']} --out FILE")
    exit_with(ran.exit_code if ran else DONE)


@cli.command("list")
def list_exports(
    context: typer.Context, limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20
) -> None:
    """List past exports with their settings, newest first."""
    with session(context) as opened:
        runs = opened.workspace.exports.find(limit)
    if options(context).json:
        rows = [
            {"export_id": r.export_id, "created_at": r.created_at, "settings": r.settings, **r.results.to_json()}
            for r in runs
        ]
        print_json({"exports": rows})
    elif not runs:
        say("No exports yet. `handpicked rank --top 100 --out best.csv` makes the first.")
    else:
        listed = [
            (
                run.export_id,
                ago(run.created_at),
                run.results.clips,
                duration(run.results.duration_s),
                ", ".join(described(run.settings)),
                " and ".join(filter(None, [run.results.list_file, run.results.folder])),
            )
            for run in runs
        ]
        print_table(("export", "when", "clips", "length", "chosen", "written to"), listed)


@cli.command("repeat")
def repeat(
    context: typer.Context,
    export: Annotated[str, typer.Argument(help="The export, as `exports list` shows it.", metavar="EXPORT")],
    out: Out = None,
    cut: Cut = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Apply the same settings to the workspace as it is now instead.")
    ] = False,
    overwrite: Overwrite = False,
    make_folders: MakeFolders = False,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Write an earlier export again: the very same list, whatever was trained or tagged since."""
    if out is None and cut is None:
        raise typer.BadParameter("give --out FILE, --cut DIR or both", param_hint="--out")
    with session(context, executor=executor, address=address) as opened:
        plan = repeat_plan(opened.workspace, export, fresh=fresh)
        said, ran = write(opened, plan, out, cut, overwrite=overwrite, make_folders=make_folders, repeats=export)
    report(context, plan, said, ran)
