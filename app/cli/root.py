"""The command `handpicked` and its global options; errors become one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from app.cli import (
    app_command,
    clips_command,
    demo_command,
    doctor_command,
    download_command,
    extract_command,
    import_command,
    jobs_command,
    labels_command,
    query_command,
    rank_command,
    reward_commands,
    sample_command,
    sync_command,
    validate_command,
    videos_command,
)
from app.cli.output import print_json, say
from app.cli.session import Options
from engine.errors import HandpickedError
from engine.files.typed_path import typed_path
from storage.workspace import default_workspace_path

__all__ = ["cli", "main", "run"]

FAILED = 1

cli = typer.Typer(
    name="handpicked",
    help="Pick the first-person video clips worth training a robot on.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.command("app")(app_command.run_app)
cli.command("demo")(demo_command.demo)
cli.command("sample")(sample_command.sample)
cli.command("import")(import_command.import_videos)
cli.command("download")(download_command.download)
cli.command("extract")(extract_command.extract)
cli.command("composite")(extract_command.composite)
cli.add_typer(extract_command.cli, name="features")
cli.add_typer(labels_command.cli, name="labels")
cli.command("train")(reward_commands.train)
cli.command("score")(reward_commands.score)
cli.add_typer(reward_commands.models, name="models")
cli.add_typer(reward_commands.gains, name="gains")
cli.command("validate")(validate_command.validate)
cli.command("ablate")(validate_command.ablate)
cli.add_typer(videos_command.cli, name="videos")
cli.add_typer(clips_command.cli, name="clips")
cli.command("rank")(rank_command.rank)
cli.add_typer(rank_command.cli, name="exports")
cli.add_typer(sync_command.cli, name="sync")
cli.add_typer(jobs_command.cli, name="jobs")
cli.command("query")(query_command.run_query)
cli.command("doctor")(doctor_command.doctor)


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(version("handpicked"))
        raise typer.Exit


@cli.callback()
def root(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            help="The workspace's folder; else $HANDPICKED_WORKSPACE, else ./workspace.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end, on stdout.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Pick the first-person video clips worth training a robot on."""
    folder = typed_path(workspace) if workspace else default_workspace_path()
    context.obj = Options(folder, json)


def main() -> None:
    """Run this process's command line and exit with its code."""
    code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: at interpreter shutdown DuckDB's binding prints pages of messages about objects still alive.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong usage."""
    wants_json = "--json" in arguments
    if wants_json:
        # Accepted anywhere on the line, so that nobody has to remember that global options come first.
        arguments = ["--json", *(argument for argument in arguments if argument != "--json")]
    try:
        cli(args=arguments, prog_name="handpicked")
    except HandpickedError as error:
        say(str(error), "red")
        if wants_json:
            print_json({"error": error.message, "remedy": error.remedy})
        return FAILED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else FAILED if stop.code else 0
    return 0
