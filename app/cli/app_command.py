"""`handpicked app`: open the app."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import say
from app.cli.session import options
from storage.workspace import ENVIRONMENT_VARIABLE

__all__ = ["run_app"]

PROJECT = Path(__file__).resolve().parents[2]


def run_app(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the app on this workspace; Ctrl-C ends it."""
    workspace = options(context).workspace
    say(f"Workspace: {workspace}")
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT / "app" / "main.py")]
    command += ["--server.port", str(port), "--server.headless", str(not browser).lower()]
    # The configuration (loopback only, theme) is found from the folder the process starts in.
    os.chdir(PROJECT)
    os.execve(sys.executable, command, {**os.environ, ENVIRONMENT_VARIABLE: str(workspace)})  # noqa: S606
