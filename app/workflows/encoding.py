"""Embeds texts and pictures for searches, in one warm worker process: started on demand, stopped when idle.

The app process never loads the model.
"""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from engine.contracts.encoder import EncoderReply, EncoderRequest, EncoderStart
from engine.errors import EngineError
from engine.features.embedding import EmbeddingSettings
from engine.features.settings import FeatureSettings, extractor_settings
from engine.runtime.local import worker_environment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storage import Workspace

__all__ = ["Encoded", "EncoderWorker", "encode", "search_for"]

IDLE_S = 180.0
"""How long the worker stays without a request."""
PATIENCE_S = 120.0
"""How long an answer may take, the loading of a large model included."""


@dataclass(frozen=True)
class Encoded:
    """A vector `(width,) float32` of unit length, and the name of the model that computed it."""

    model: str
    vector: NDArray[np.float32]


class EncoderWorker:
    """One worker process. Requests of several threads are answered one after the other."""

    def __init__(self, start: EncoderStart, log: Path, *, idle_s: float = IDLE_S) -> None:
        self._start_with = start
        self._log = log
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._timer: threading.Timer | None = None

    def ask(self, *, text: str | None = None, image: str | None = None) -> Encoded:
        """Compute the vector of a text or of a picture's file. Raises `EngineError` where that fails."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            try:
                reply = self._exchange(EncoderRequest(id=uuid4().hex, text=text, image=image))
            finally:
                self._timer = threading.Timer(self._idle_s, self.stop)
                self._timer.daemon = True
                self._timer.start()
        if reply.error:
            raise EngineError(reply.error, remedy=reply.remedy)
        return Encoded(reply.model, np.asarray(reply.vector, np.float32))

    def stop(self) -> None:
        """End the worker; the next request starts another."""
        with self._lock:
            self._end()

    @property
    def running(self) -> bool:
        """Whether a worker process is running."""
        return self._process is not None and self._process.poll() is None

    def _exchange(self, request: EncoderRequest) -> EncoderReply:
        if not self.running:
            self._start()
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        watch = threading.Timer(PATIENCE_S, process.kill)
        watch.daemon = True
        watch.start()
        try:
            process.stdin.write(request.model_dump_json(exclude_none=True) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            self._end()
            raise EngineError(
                f"The search worker ended without an answer; {self._log.name!r} in the jobs folder says why.",
                remedy="Try again. If it happens again, the model may need more memory than there is.",
            )
        return EncoderReply.model_validate_json(line)

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.encoder_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=worker_environment(threads=2),
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe above
        with contextlib.suppress(OSError):  # it ended already: the request finds that out and raises a readable error
            self._process.stdin.write(self._start_with.model_dump_json() + "\n")

    def _end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait(5)
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
        self._process = None


_workers: dict[str, EncoderWorker] = {}
_lock = threading.Lock()


def encode(workspace: Workspace, *, text: str | None = None, image: str | None = None) -> Encoded:
    """The vector of a text or of a picture's file by the model of the workspace's settings.

    Raises `EngineError` where the model is not available, can't embed text, or the picture can't be read.
    """
    settings = workspace.settings.load(FeatureSettings)
    start = EncoderStart(
        embedding=EmbeddingSettings.model_validate(extractor_settings(settings, "embedding").model_dump()),
        weights_folders=(str(workspace.paths.weights),),
    )
    key = start.model_dump_json()
    with _lock:
        if key not in _workers:
            for worker in _workers.values():
                worker.stop()
            _workers.clear()
            _workers[key] = EncoderWorker(start, workspace.paths.jobs / "search-worker.log")
        worker = _workers[key]
    return worker.ask(text=text, image=image)


@atexit.register
def stop_all() -> None:
    """End all workers when the app ends."""
    for worker in _workers.values():
        worker.stop()


def search_for(workspace: Workspace, kind: str, title: str, content: bytes) -> str:
    """Store a search by `text` (UTF-8) or `image` (a picture file's bytes); returns its id for a `ClipView`.

    A repeated search needs no model. Raises `EngineError` where there are no embeddings, where the model can't embed
    text, or where the settings name another model than the one that computed the embeddings.
    """
    model = workspace.features.embedding_model()
    if model is None:
        raise EngineError("No clip has an embedding yet.", remedy="Extract features first.")
    if kind == "text":
        known = workspace.library.search_for(kind, title, model)
        if known is not None:
            return known
        found = encode(workspace, text=content.decode())
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(content)
            found = encode(workspace, image=str(path))
    if found.model != model:
        raise EngineError(
            f"The clips' embeddings are by {model}, the settings now give {found.model}: they can't be compared.",
            remedy="Extract the embedding again, or set the model back on the Settings page.",
        )
    return workspace.library.keep_search(kind, title, model, found.vector)
