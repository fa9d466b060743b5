"""`handpicked rank`: export the best clips as a list, or as files that a colleague can import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.executor_option import Address, Executor
from app.cli.export_report import record_of, report
from app.cli.job_report import DONE, exit_with
from app.cli.selection_options import (
    By,
    Diversity,
    MakeFolders,
    ModelName,
    PerVideo,
    RankBy,
    Tags,
    Threshold,
    Top,
    Where,
    selected,
)
from app.cli.session import Session, session
from app.workflows.export_plan import plan_export
from app.workflows.exporting import write_export
from engine.files.typed_path import typed_path

if TYPE_CHECKING:
    from app.cli.job_report import JobReport
    from app.workflows.export_plan import ExportPlan

__all__ = ["Cut", "Out", "Overwrite", "rank", "write_lists"]

Out = Annotated[
    Path | None, typer.Option("--out", help="The list: .csv, .parquet or .jsonl.", metavar="FILE", show_default=False)
]
Cut = Annotated[
    Path | None,
    typer.Option("--cut", help="A new folder for cut clips: a bundle.", metavar="DIR", show_default=False),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files of the same names.")]


def rank(
    context: typer.Context,
    out: Out = None,
    cut: Cut = None,
    top: Top = None,
    threshold: Threshold = None,
    where: Where = None,
    tag: Tags = None,
    diversity: Diversity = None,
    per_video: PerVideo = None,
    by: RankBy = By.REWARD,
    model: ModelName = None,
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
    chosen = selected(
        by=by,
        model=model,
        top=top,
        threshold=threshold,
        where=where,
        tag=tag,
        diversity=diversity,
        per_video=per_video,
    )
    cutting = {"crf": crf, "max_short_side_px": short_side_px, "with_labels": labels}
    asked = chosen.model_copy(update=cutting)
    with session(context, executor=executor, address=address) as opened:
        plan = plan_export(opened.workspace, asked)
        said, ran = write_lists(opened, plan, out, cut, overwrite=overwrite, make_folders=make_folders)
    report(context, plan, said)
    exit_with(ran.exit_code if ran else DONE)


def write_lists(
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
    said = record_of(plan, written)
    if written.spec is None:
        return said, None
    ran = opened.run("Cut clips", written.spec)
    return {**said, **ran.as_json("clip")}, ran
