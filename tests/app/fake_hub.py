"""As much of the Hugging Face Hub as publishing a data set asks for, on loopback."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

LOGIN = "hf_right"


class FakeHub(ThreadingHTTPServer):
    """Keeps what was uploaded in memory. `refuse`: start of a path → the status that is answered to it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repos: dict[str, bool] = {}
        """Repository → whether it is private."""
        self.files: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}
        self.tags: list[str] = []
        self.commits = 0
        self.asked: list[str] = []
        self.refuse: dict[str, int] = {}
        self.held = threading.Event()
        """Not set: uploads of large files wait."""
        self.held.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def logged_in(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[FakeHub]:
    """A hub, and a machine that is logged in to it."""
    hub = FakeHub()
    for name, value in {
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": LOGIN,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }.items():
        monkeypatch.setenv(name, value)
    yield hub
    hub.held.set()
    hub.shutdown()
    hub.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: FakeHub

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def do_PUT(self) -> None:
        self._do()

    def do_DELETE(self) -> None:
        self._do()

    def _do(self) -> None:
        hub, path = self.server, self.path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        hub.asked.append(f"{self.command} {path}")
        refused = next((status for start, status in hub.refuse.items() if path.startswith(start)), None)
        if refused is not None:
            self._say({"error": "No, said the hub"}, refused)
        elif path.startswith("/store/"):
            hub.held.wait(60)
            hub.large[path.removeprefix("/store/")] = body
            self._say({})
        elif self.headers.get("Authorization") != f"Bearer {LOGIN}":
            self._say({"error": "Invalid credentials"}, 401)
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif "/preupload/" in path:
            self._say({"files": [_mode(file["path"]) for file in json.loads(body)["files"]]})
        elif path.endswith("/info/lfs/objects/batch"):
            wanted = [one for one in json.loads(body)["objects"] if one["oid"] not in hub.large]
            links = [{"upload": {"href": f"{hub.address}/store/{one['oid']}"}} for one in wanted]
            objects = [{**one, "actions": link} for one, link in zip(wanted, links, strict=True)]
            self._say({"transfer": "basic", "objects": objects})
        elif "/commit/" in path:
            self._commit(body)
        elif "/tag/" in path:
            self._tag(body)
        elif "/tree/" in path:
            self._say([{"type": "file", "path": name, "size": len(b), "oid": "0"} for name, b in hub.files.items()])
        else:
            repo = path.removeprefix("/api/datasets/").partition("?")[0]
            self._say({"sha": "0" * 40, "id": repo, "private": hub.repos.get(repo, True), "siblings": []})

    def _create(self, asked: dict[str, Any]) -> None:
        name = "/".join(filter(None, [asked.get("organization"), asked["name"]]))
        self.server.repos.setdefault(name, bool(asked.get("private") or asked.get("visibility") == "private"))
        self._say({"url": f"{self.server.address}/datasets/{name}"})

    def _tag(self, body: bytes) -> None:
        tags = self.server.tags
        if self.command != "DELETE":
            tags.append(json.loads(body)["tag"])
            self._say({})
        elif (tag := self.path.rpartition("/")[2]) in tags:
            tags.remove(tag)
            self._say({})
        else:
            self._say({"error": "no such tag"}, 404, {"X-Error-Code": "RevisionNotFound"})

    def _commit(self, body: bytes) -> None:
        hub = self.server
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                hub.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                hub.files[value["path"]] = hub.large[value["oid"]]
        hub.commits += 1
        repo = self.path.split("/api/datasets/")[1].split("/commit/")[0]
        url = f"{hub.address}/datasets/{repo}/commit/{hub.commits:040x}"
        self._say({"success": True, "commitUrl": url, "commitOid": f"{hub.commits:040x}", "hookOutput": ""})

    def _say(self, value: Any, status: int = 200, more: dict[str, str] | None = None) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **(more or {})}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _mode(path: str) -> dict[str, Any]:
    return {"path": path, "uploadMode": "lfs" if path.endswith(".mp4") else "regular", "shouldIgnore": False}
