"""`handpicked exports`: past exports, and how one is repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.executor_option import Address, Executor
from app.cli.export_command import Public, push, write_in_format
from app.cli.export_report import report
from app.cli.job_report import DONE, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.rank_command import Cut, Overwrite, write_lists
from app.cli.selection_options import MakeFolders
from app.cli.session import session
from app.text import ago, duration
from app.workflows.export_formats import kept_choice
from app.workflows.export_words import described, in_format
from app.workflows.exporting import repeat_plan
from engine.errors import ExportError

__all__ = ["cli"]

cli = typer.Typer(no_args_is_help=True, help="Past exports: list them, repeat one exactly, publish one.")


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
                ", ".join([*in_format(run.results), *described(run.settings)]),
                " and ".join(filter(None, [run.results.list_file, run.results.folder])),
            )
            for run in runs
        ]
        print_table(("export", "when", "clips", "length", "chosen", "written to"), listed)


@cli.command("repeat")
def repeat(
    context: typer.Context,
    export: Annotated[str, typer.Argument(help="The export, as `exports list` shows it.", metavar="EXPORT")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="The list: .csv, .parquet or .jsonl; of an export in a format, its new folder.",
            metavar="FILE|DIR",
            show_default=False,
        ),
    ] = None,
    cut: Cut = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Apply the same settings to the workspace as it is now instead.")
    ] = False,
    overwrite: Overwrite = False,
    make_folders: MakeFolders = False,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Write an earlier export again: the very same clips, whatever was trained or tagged since.

    A list goes to --out FILE, cut files to --cut DIR, a data set of a format to --out DIR.
    """
    if out is None and cut is None:
        raise typer.BadParameter("give --out, or --cut DIR", param_hint="--out")
    with session(context, executor=executor, address=address) as opened:
        choice = kept_choice(opened.workspace.exports.get(export).results, fresh=fresh)
        plan = repeat_plan(opened.workspace, export, fresh=fresh)
        repeats = None if fresh else export
        if choice is None:
            said, ran = write_lists(
                opened, plan, out, cut, overwrite=overwrite, make_folders=make_folders, repeats=repeats
            )
            code = ran.exit_code if ran else DONE
        elif cut is not None or overwrite or out is None:
            raise ExportError(
                f"the export {export} is a data set ({choice.name})", remedy="Repeat it with --out and a new folder."
            )
        else:
            said, code = write_in_format(opened, plan, choice, out, make_folders=make_folders, repeats=repeats)
    report(context, plan, said, data_set=choice is not None)
    exit_with(code)


@cli.command("push")
def push_export(
    context: typer.Context,
    export: Annotated[str, typer.Argument(help="The export, as `exports list` shows it.", metavar="EXPORT")],
    repo: Annotated[str, typer.Argument(help="The repository of the data set.", metavar="ORG/NAME")],
    public: Public = False,
) -> None:
    """Publish a data set on the Hugging Face Hub, with the login of `hf auth login`; private unless --public."""
    with session(context) as opened:
        said, code = push(opened, export, repo, public=public)
    if options(context).json:
        print_json(said)
    exit_with(code)
