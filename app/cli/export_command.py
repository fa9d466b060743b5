"""`handpicked export`: the best clips as a data set in the format of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.completion import complete_format
from app.cli.executor_option import Address, Executor
from app.cli.export_report import record_of, report
from app.cli.job_report import DONE, FAILED, PARTLY, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
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
from app.cli.set_options import set_options
from app.workflows.export_formats import choose_format
from app.workflows.export_plan import plan_export
from app.workflows.export_sets import title_of, write_set
from app.workflows.publishing import check_format, check_repo, publish_spec
from engine.export.formats.options import option_words, options_of
from engine.export.formats.registry import EXPORT_FORMATS
from engine.files.typed_path import typed_path

if TYPE_CHECKING:
    from app.workflows.export_formats import FormatChoice
    from app.workflows.export_plan import ExportPlan

__all__ = ["Public", "export", "push", "write_in_format"]

Public = Annotated[
    bool, typer.Option("--public", help="Let everyone see the repository, where it is made; else it is private.")
]


def export(
    context: typer.Context,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="The format; --formats lists them.",
            metavar="NAME",
            show_default=False,
            autocompletion=complete_format,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A new folder for the data set.", metavar="DIR", show_default=False),
    ] = None,
    top: Top = None,
    threshold: Threshold = None,
    where: Where = None,
    tag: Tags = None,
    diversity: Diversity = None,
    per_video: PerVideo = None,
    by: RankBy = By.REWARD,
    model: ModelName = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="An option of the format, NAME=VALUE; may be repeated. --formats lists them.",
            metavar="OPTION",
        ),
    ] = None,
    actions: Annotated[
        str | None, typer.Option(help="--set actions=…: none, hands or pseudo.", show_default=False)
    ] = None,
    fps: Annotated[int | None, typer.Option(help="--set fps=…: frames per second.", show_default=False)] = None,
    shard_mb: Annotated[
        int | None, typer.Option(help="--set shard_mb=…: the largest file, in MB.", show_default=False)
    ] = None,
    crf: Annotated[
        int | None, typer.Option(help="--set crf=…: quality of clips; less is better and larger.", show_default=False)
    ] = None,
    short_side_px: Annotated[
        int | None, typer.Option(help="--set short_side_px=…: scale clips down to this.", show_default=False)
    ] = None,
    make_folders: MakeFolders = False,
    push_to_hub: Annotated[
        str | None,
        typer.Option(
            "--push-to-hub",
            help="Then publish it on the Hugging Face Hub, with the login of `hf auth login`.",
            metavar="ORG/NAME",
            show_default=False,
        ),
    ] = None,
    public: Public = False,
    executor: Executor = None,
    address: Address = None,
    formats: Annotated[bool, typer.Option("--formats", help="List the formats and their options, and end.")] = False,
) -> None:
    """Write the best clips as a data set for other tools: a format and a new folder."""
    if formats:
        list_formats(context)
        return
    if format_name is None or out is None:
        missing = "--format" if format_name is None else "--out"
        raise typer.BadParameter("give --format NAME and --out DIR", param_hint=missing)
    asked = selected(
        by=by,
        model=model,
        top=top,
        threshold=threshold,
        where=where,
        tag=tag,
        diversity=diversity,
        per_video=per_video,
    )
    short = {"actions": actions, "fps": fps, "shard_mb": shard_mb, "crf": crf, "short_side_px": short_side_px}
    given = {name: str(value) for name, value in short.items() if value is not None}
    set_by_name = set_options(settings or [])
    if both := sorted(given.keys() & set_by_name.keys()):
        raise typer.BadParameter(f"{both[0]} is given twice, once as --{both[0].replace('_', '-')}", param_hint="--set")
    choice = choose_format(format_name, {**given, **set_by_name})
    if push_to_hub is not None:
        check_format(choice.name)
        check_repo(push_to_hub)
    with session(context, executor=executor, address=address) as opened:
        plan = plan_export(opened.workspace, asked)
        said, code = write_in_format(opened, plan, choice, out, make_folders=make_folders)
        if push_to_hub is not None and code != FAILED:
            pushed, push_code = push(opened, said["export_id"], push_to_hub, public=public)
            said, code = {**said, "push": pushed}, max(code, push_code, key=(DONE, PARTLY, FAILED).index)
    report(context, plan, said, data_set=True)
    exit_with(code)


def push(opened: Session, export_id: str, repo: str, *, public: bool) -> tuple[dict[str, Any], int]:
    """Publish an export and wait until it is uploaded; returns what came of it and the exit code."""
    ran = opened.run(f"Publish as {repo}", publish_spec(opened.workspace, export_id, repo, public=public))
    url = opened.workspace.exports.get(export_id).results.pushed_to if ran.exit_code == DONE else None
    if url is not None:
        say(f"Published: {url}", "bold")
    return {"repo": repo, "url": url, **ran.as_json("repo")}, ran.exit_code


def write_in_format(
    opened: Session,
    plan: ExportPlan,
    choice: FormatChoice,
    out: Path,
    *,
    make_folders: bool,
    repeats: str | None = None,
) -> tuple[dict[str, Any], int]:
    """Write a data set and wait until it is whole; returns the export's record and the exit code."""
    written = write_set(opened.workspace, plan, choice, typed_path(out), make_folders=make_folders, repeats=repeats)
    assert written.spec is not None  # noqa: S101 - a data set is always written by a job
    ran = opened.run(title_of(choice.name, clips=True), written.spec)
    results = opened.workspace.exports.get(written.export_id).results
    said = {**record_of(plan, written), **ran.as_json("clip"), "format": results.format}
    said |= {"options": dict(results.options), "made": results.made, "size_bytes": results.size_bytes}
    return said, ran.exit_code if results.made is not None else FAILED


def list_formats(context: typer.Context) -> None:
    """Print every format with its options, those of installed packages too; of one that does not load, why."""
    found, errors = EXPORT_FORMATS.all()
    if options(context).json:
        listed = [
            {
                "format": one.name,
                "title": one.title,
                "description": one.description,
                "options": [
                    {
                        "option": name,
                        "allowed": option_words(info),
                        "default": info.get_default(call_default_factory=True),
                        "description": info.description or "",
                    }
                    for name, info in options_of(one.Options).items()
                ],
            }
            for one in found
        ]
        print_json({"formats": listed, "errors": [str(error) for error in errors]})
        return
    print_table(("format", "what it is"), [(one.name, one.description) for one in found])
    rows = [
        (one.name, name, option_words(info), info.get_default(call_default_factory=True), info.description or "")
        for one in found
        for name, info in options_of(one.Options).items()
    ]
    print_table(("format", "option", "allowed", "default", "what it does"), rows)
    for error in errors:
        say(str(error), "yellow")
