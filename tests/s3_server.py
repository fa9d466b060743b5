"""A real S3 server for the tests: SeaweedFS on loopback, which can be killed and started again on the same data.

Use it by `pytest_plugins = ["tests.s3_server"]`, or import the fixtures' names.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

ACCESS_KEY, SECRET_KEY = "test-key", "test-secret"
START_PATIENCE_S = 60


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()


class S3Server:
    """`weed server -s3` as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir(parents=True, exist_ok=True)
        names = [
            *("-master.port", "-master.port.grpc", "-volume.port", "-volume.port.grpc"),
            *("-filer.port", "-filer.port.grpc", "-s3.port", "-s3.port.grpc"),
        ]
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        identity = {
            "name": "test",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self._ports['-s3.port']}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        weed = shutil.which("weed") or str(Path(sys.executable).with_name("weed"))
        arguments = [f"{name}={port}" for name, port in self._ports.items()]
        with (self.folder / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(weed, "server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self.folder / 'data'}"),
                    *(f"-s3.config={self.folder / 's3.json'}", "-master.volumeSizeLimitMB=64", "-volume.max=50"),
                    *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false"),
                    *("-master.telemetry=false", "-master.electionTimeout=1s"),
                    *arguments,
                ],
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(self.url, timeout=2).status_code < 500:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        pytest.fail(f"SeaweedFS did not start:\n{self.log()}")

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def log(self) -> str:
        """The end of what it printed."""
        return (self.folder / "weed.log").read_text(errors="replace")[-4000:]
