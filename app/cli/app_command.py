"""`handpicked app`: open the app."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from app.cli.options import options
from app.cli.output import say
from app.server_options import BROWSER_VARIABLE, HOSTS_VARIABLE, PORT_VARIABLE, added_hosts, free_port, host_name
from storage.workspace import ENVIRONMENT_VARIABLE

__all__ = ["run_app"]

EVERY_INTERFACE = ("0.0.0.0", "::", "[::]", "*")  # noqa: S104 - refused


def run_app(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port on this machine; where it is taken, the next that is free.")
    ] = 8501,
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name under which a proxy of yours offers the app; may be given several times. "
            "The app itself listens on this machine only, and answers to localhost and the names given here.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the app on this workspace, for this machine only; Ctrl-C ends it."""
    hosts = added_hosts() | {_proxy_name(name) for name in host or ()}
    free = free_port(port)
    if free != port:
        say(f"Port {port} is taken: this is {free}.", "yellow")
    environment = {
        **os.environ,
        ENVIRONMENT_VARIABLE: str(options(context).workspace),
        HOSTS_VARIABLE: ",".join(sorted(hosts)),
        PORT_VARIABLE: str(free),
        BROWSER_VARIABLE: "1" if browser else "0",
    }
    # -P: imports must not find another `app` in the folder that the command is started from.
    os.execve(sys.executable, [sys.executable, "-P", "-m", "app.main"], environment)  # noqa: S606


def _proxy_name(name: str) -> str:
    found = host_name(name)
    if found in EVERY_INTERFACE:
        raise typer.BadParameter(
            f"{name!r} is no name: the app listens on this machine only, and --host adds the name of a proxy of yours",
            param_hint="--host",
        )
    if found != name.strip().lower():
        raise typer.BadParameter(
            f"{name!r} is no name of a host: give it as in media.example.org, without http:// and without a port",
            param_hint="--host",
        )
    return found
