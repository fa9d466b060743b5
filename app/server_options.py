"""The options that the app is served with: the same for a checkout and an installed package, from any folder."""

from __future__ import annotations

import os
import re
import socket
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import HandpickedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "ADDRESS",
    "BROWSER_VARIABLE",
    "FILE",
    "HOSTS_VARIABLE",
    "LOOPBACK",
    "PORT_VARIABLE",
    "added_hosts",
    "free_port",
    "host_name",
    "server_options",
]

FILE = Path(__file__).with_name(".streamlit") / "config.toml"
"""Streamlit's config file, in the package beside the script, where `streamlit run app/main.py` looks for it too."""
ADDRESS = "127.0.0.1"
PORT_VARIABLE = "HANDPICKED_PORT"
BROWSER_VARIABLE = "HANDPICKED_BROWSER"
"""Variables by which `handpicked app` passes on the port, and whether to open a browser (`1`), to the app's process."""
HOSTS_VARIABLE = "HANDPICKED_HOSTS"
"""Variable with further host names of the app, separated by commas: `handpicked app --host` sets it."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
AUTHORITY = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?", re.IGNORECASE)
"""What `Host` may be: a name or address, and a port."""
PORTS_TRIED = 100
LAST_PORT = 65_535


def added_hosts(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The names that `$HANDPICKED_HOSTS` adds."""
    names = (name.strip().lower() for name in environment.get(HOSTS_VARIABLE, "").split(","))
    return frozenset(name for name in names if name)


def host_name(authority: str) -> str | None:
    """The name in `name:port`, in lower case; None for malformed text."""
    found = AUTHORITY.fullmatch(authority)
    return found["name"].lower() if found else None


def server_options(port: int) -> dict[str, Any]:
    """Streamlit's options by their dotted names, for `st.App.run`: they win over every file and variable."""
    return {
        **dict(_dotted(tomllib.loads(FILE.read_text(encoding="utf-8")))),
        "server.address": ADDRESS,
        "server.port": port,
        # Pages and media are at fixed addresses.
        "server.baseUrlPath": "",
        "global.developmentMode": False,
    }


def _dotted(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def free_port(wanted: int) -> int:
    """`wanted`, or the next port that nobody listens on. Raises `HandpickedError`."""
    last = min(wanted + PORTS_TRIED, LAST_PORT)
    for port in range(wanted, last + 1):
        with socket.socket() as trial:
            # As the server does: a port that was closed a moment ago counts as free.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((ADDRESS, port))
                trial.listen()
            except PermissionError as error:
                raise HandpickedError(
                    f"port {port} may not be used here", remedy="Choose one above 1023 with --port."
                ) from error
            except OSError:
                continue
            return port
    raise HandpickedError(f"all ports from {wanted} to {last} are taken", remedy="Choose another with --port.")
