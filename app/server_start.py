"""What is done as the server starts: its address is announced, the browser opened, its answers sent without delay."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING

import psutil
from starlette.responses import RedirectResponse
from starlette.routing import Route
from streamlit import cli_util, config

from app.navigation import PAGES
from app.server_options import BROWSER_VARIABLE
from app.text import one_line
from engine.errors import HandpickedError
from storage.workspace import default_workspace_path

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["announce", "home_route", "quiet_the_server", "send_without_delay"]

LOOPBACK_ADDRESSES = {"127.0.0.1", "localhost", "::1"}


def quiet_the_server() -> None:
    """Limit uvicorn's log to warnings and errors, without its start-up messages."""
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.levelno >= logging.WARNING)


def send_without_delay() -> int:
    """Turn Nagle's algorithm off for the connections that this process will accept; returns for how many listeners.

    Streamlit binds its socket itself, without naming the protocol, and asyncio sets `TCP_NODELAY` only where that is
    named: the last part of each answer on a kept connection then waits for the browser's delayed ACK, 40 ms on Linux
    (uvicorn issue 3149). What a listener has is inherited by the connections accepted from it.
    """
    listening = [found for found in psutil.Process().net_connections(kind="tcp") if found.status == psutil.CONN_LISTEN]
    for found in listening:
        with socket.socket(fileno=os.dup(found.fd)) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return len(listening)


def announce(problem: str = "") -> None:
    """Print the app's address, its workspace and how to end it, and the `problem` where the workspace can't be
    opened; open a browser where requested."""
    address, port = config.get_option("server.address"), config.get_option("server.port")
    shown = address if address in LOOPBACK_ADDRESSES else "localhost"
    url = f"http://{shown}:{port}"
    lines = [f"Handpicked: {url}"]
    with contextlib.suppress(HandpickedError):  # then `problem` holds the reason
        lines.append(f"Workspace:  {one_line(str(default_workspace_path()))}")
    lines.append("Ctrl-C ends it.")
    lines += [f"The workspace can't be opened: {one_line(problem)}"] if problem else []
    if address not in LOOPBACK_ADDRESSES:
        where = address or "every interface"
        lines.append(f"It listens on {where}: whoever reaches this machine can see and change the workspace.")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
    if os.environ.get(BROWSER_VARIABLE) == "1" and _has_screen():
        # The socket listens already: the browser's requests are answered as soon as start-up has ended.
        cli_util.open_browser(url)


def _has_screen() -> bool:
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def home_route() -> Route:
    """Serves the first page under its own name: Streamlit knows it at `/` only; `/overview` shows "Page not found"."""

    async def home(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{query}")

    return Route(f"/{PAGES[0].url_path}", home)
