"""A real HTTP server on loopback that serves files well, or badly in a way of the test's choosing."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Behaviour:
    """What is served, and how badly. Counters and logs are by path."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    validators: bool = True
    drop_after: int | None = None
    """Close the connection after so many bytes of a body, as long as `drops` last."""
    drops: int = 0
    errors: list[int] = field(default_factory=list)
    """Status codes to answer with before anything else."""
    on_request: Callable[[str, int], None] = lambda _path, _count: None
    requests: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    encoding: str = ""
    """A Content-Encoding to claim."""
    endless_bytes: int = 0
    """Send a body of so many bytes without saying its length; a range's total is still said."""
    base_url: str = ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour = behaviour
        self.lock = threading.Lock()
        self.at_once = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.at_once += 1
            self.server.behaviour.most_at_once = max(self.server.behaviour.most_at_once, self.server.at_once)
            self.server.behaviour.requests[self.path] += 1
            self.server.behaviour.headers.append(dict(self.headers))
            error = self.server.behaviour.errors.pop(0) if self.server.behaviour.errors else None
        self.server.behaviour.on_request(self.path, self.server.behaviour.requests[self.path])
        with suppress(ConnectionError):  # the client may have heard enough
            self.answer(error)
        with self.server.lock:
            self.server.at_once -= 1

    def answer(self, error: int | None) -> None:
        content = self.server.behaviour.files.get(self.path)
        if error is not None or content is None:
            self.send_response(error or 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        start = self.range_start(tag)
        if start is not None and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200 if start is None else 206)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        for name, value in {
            "ETag": tag * self.server.behaviour.validators,
            "Content-Encoding": self.server.behaviour.encoding,
        }.items():
            if value:
                self.send_header(name, value)
        if self.server.behaviour.endless_bytes:
            self.send_header("Connection", "close")
            self.end_headers()
            for _ in range(0, self.server.behaviour.endless_bytes, 1 << 20):
                self.wfile.write(bytes(1 << 20))
            return
        self.send_header("Content-Length", str(len(content) - (start or 0)))
        self.end_headers()
        self.send_body(content[start or 0 :])

    def range_start(self, tag: str) -> int | None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not self.server.behaviour.ranges or match is None or self.headers.get("If-Range", tag) != tag:
            return None
        return int(match[1])

    def send_body(self, body: bytes) -> None:
        with self.server.lock:
            dropped = (
                self.server.behaviour.drops > 0
                and self.server.behaviour.drop_after is not None
                and len(body) > self.server.behaviour.drop_after
            )
            self.server.behaviour.drops -= dropped
        self.wfile.write(body[: self.server.behaviour.drop_after] if dropped else body)
        if dropped:
            self.wfile.flush()
            self.close_connection = True


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Behaviour]:
    """Serve until the block ends; `base_url` says where."""
    server = _Server(behaviour)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    behaviour.base_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield behaviour
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
