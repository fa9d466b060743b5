"""The command `handpicked` and its global options; errors become one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from app.cli.commands import COMMANDS
from app.cli.lazy_group import LazyGroup
from app.cli.options import Options
from app.cli.output import print_json, say
from engine.errors import HandpickedError
from engine.files.typed_path import typed_path

__all__ = ["cli", "main", "run"]

FAILED = 1


class Commands(LazyGroup):
    """The commands of `handpicked`."""

    entries = COMMANDS


cli = typer.Typer(
    cls=Commands,
    name="handpicked",
    help="Pick the first-person video clips worth training a robot on.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    from storage.workspace import default_workspace_path  # the help needs no database

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
