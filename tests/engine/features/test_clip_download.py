"""CLIP's weights fetched from a hub: a small server of our own that speaks the hub's language, on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = os.urandom(3_000_000)
CUT = "/cut"
"""Before the paths of a hub that hangs up in the midst of a file, each time."""
FETCH = """
import json
from engine.errors import DownloadError
from engine.features.encoders.clip_files import fetch_clip, find_clip
said = []
try:
    path = fetch_clip("ViT-B-32", "laion2b_s34b_b79k", said.append)
    found = find_clip("ViT-B-32", "laion2b_s34b_b79k")
    print(json.dumps({"bytes": path.stat().st_size, "said": said, "found": str(found)}))
except DownloadError as error:
    print(json.dumps({"error": str(error)}))
"""


class Hub(BaseHTTPRequestHandler):
    """Knows one file of one repository."""

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, *, with_body: bool) -> None:
        if self.path in ("/", CUT):
            self.send_response(200)
            self.end_headers()
            return
        if not self.path.endswith("/resolve/main/open_clip_model.safetensors") and "/commit/" not in self.path:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(CONTENT).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if with_body and self.path.startswith(CUT):
            self.wfile.write(CONTENT[:100_000])
            self.close_connection = True
        elif with_body:
            self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def fetch(endpoint: str, home: Path) -> dict[str, object]:
    """In a process of its own: the hub client reads its address once."""
    environment = {
        **os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home / "hub"), "XDG_CACHE_HOME": str(home / "cache"),
        "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", FETCH], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_weights_come_with_progress_and_are_found_again(hub: str, tmp_path: Path) -> None:
    found = fetch(hub, tmp_path)
    assert found["bytes"] == len(CONTENT)
    assert str(tmp_path / "cache") in str(found["found"])
    said = found["said"]
    assert isinstance(said, list)
    assert said[-1] == "fetching the weights of ViT-B-32/laion2b_s34b_b79k: 3 of 3 MB"


def test_a_hub_out_of_reach_is_said_in_seconds(tmp_path: Path) -> None:
    assert "out of reach" in str(fetch("http://127.0.0.1:9", tmp_path)["error"])


def test_a_connection_that_is_lost_in_the_midst_is_told_in_words(hub: str, tmp_path: Path) -> None:
    assert "has no weights of ViT-B-32/laion2b_s34b_b79k for us" in str(fetch(hub + CUT, tmp_path)["error"])
