"""The app as a process of its own, started by a command as a person types it, and asked over plain sockets."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["COMMAND", "ROOT", "Served", "bare_environment", "free_port", "served"]

ROOT = Path(__file__).resolve().parents[1]
COMMAND = str(Path(sys.executable).with_name("handpicked"))
"""The installed command of the environment that runs the tests."""
START_S = 90
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bare_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of somebody who has just got this machine: an empty home, nothing of Streamlit's or ours."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT", "HANDPICKED", "XDG"))
    }
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "VIRTUAL_ENV", "PYTHONPATH"):
        kept.pop(name, None)
    return {**kept, "HOME": str(home), **more}


@dataclass(frozen=True)
class Served:
    """A running app."""

    process: subprocess.Popen[bytes]
    url: str
    log_file: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def log(self) -> str:
        """What it has printed."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def listens_on(self) -> set[tuple[str, int]]:
        """Every address and port that the process, or one that it started, listens on."""
        root = psutil.Process(self.process.pid)
        return {
            (connection.laddr.ip, connection.laddr.port)
            for process in [root, *root.children(recursive=True)]
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }

    def answer(self, path: str, *, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        """Status and body of one request, with the headers given and no others; `Host` is the app's own by default."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"127.0.0.1:{self.port}", **headers}.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, b"" if response.status == http.HTTPStatus.SWITCHING_PROTOCOLS else response.read()

    def shakes_hands(self, **headers: str) -> int:
        """The status that the websocket's handshake gets: 101 where it is open."""
        return self.answer("/_stcore/stream", **{**UPGRADE, **headers})[0]


@contextlib.contextmanager
def served(command: Sequence[str], log_file: Path, *, cwd: Path, environment: Mapping[str, str]) -> Iterator[Served]:
    """Start `command` without a terminal, and wait until it says where the app is. It is ended afterwards."""
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield Served(process, _address(process, log_file), log_file)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log_file: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        said = re.search(
            r"^Handpicked: (http://\S+)$", log_file.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
        )
        if said:
            return said[1]
        time.sleep(0.1)
    raise AssertionError(f"the app did not start:\n{log_file.read_text(encoding='utf-8', errors='replace')}")
