"""One part on a node of the cluster: a worker process as on the app's machine, and what it makes sent back.

The worker is a process of its own, beside the actor: what ends it, a codec's crash too, is told in the same words as at
home, and what its libraries print lands in its log.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

import psutil

from engine.cluster.node_view import differences, view_here
from engine.cluster.parcels import pieces_of, unpack
from engine.errors import JobError
from engine.runtime.executor import Ended
from engine.runtime.local import LocalExecutor
from engine.runtime.messages import Fatal, Shard, encode
from engine.runtime.shards import ShardFolder, finished_shards
from engine.runtime.spec import read_spec, write_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from engine.cluster.node_view import NodeView, Wanted
    from engine.runtime.executor import PartEvent
    from engine.runtime.local import LocalPart

__all__ = ["FOLDER_PREFIX", "Order", "PartActor", "Report"]

FOLDER_PREFIX = "handpicked-part-"
"""Of a part's folder on a node, among the system's temporary files; the actor's process number follows."""
MAX_LOG_BYTES = 1_000_000
"""What travels of one part's log: the rest stays unsaid, and that is noted."""
LOG_BYTES_AT_ONCE = 64_000
WAIT_S = 1.0
MOST_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an actor is to do."""

    spec: str
    """The text of the part's `spec.json`."""
    gpus: float
    wanted: Wanted
    here: NodeView
    """What the app's machine has."""
    checked: frozenset[str]
    """The ids of nodes that were looked at already."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an actor sends back, one after another."""

    node: str = ""
    """The id of its node: in the first report, before anything else."""
    lines: tuple[str, ...] = ()
    """Messages of the worker."""
    piece: bytes = b""
    """The next piece of the shard whose message follows."""
    log: bytes = b""
    ended: str | None = None
    """Why the worker is gone, in the last report; empty where it ended by itself."""


class PartActor:
    """Does one part; `run` may be called once, the other methods beside it at any time."""

    def __init__(self) -> None:
        self._cancelled = False
        self._part: LocalPart | None = None
        self._log_bytes = 0

    def cancel(self) -> None:
        """Ask the worker to stop soon, keeping what is finished."""
        self._cancelled = True
        if self._part is not None:
            self._part.cancel()

    def is_there(self) -> bool:
        """True, from an actor that can be reached."""
        return True

    def stop(self) -> None:
        """Stop the worker now."""
        self._cancelled = True
        if self._part is not None:
            self._part.kill()

    def run(self, order: Order, inputs: NDArray[np.uint8] | None = None) -> Iterator[Report]:
        """Do the part. `inputs`: the tar file of the job's inputs, `(n,) uint8`."""
        import ray

        node = ray.get_runtime_context().get_node_id()
        yield Report(node=node)
        _remove_leftovers()
        root = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
        try:
            if node not in order.checked:
                try:
                    refusal = differences(order.here, view_here(order.wanted), f"node {socket.gethostname()}")
                except JobError as error:
                    refusal = error
                if refusal is not None:
                    yield Report(lines=(encode(Fatal(str(refusal))),), ended="")
                    return
            _lay_out(root, order.spec, inputs)
            del inputs
            if not order.gpus:
                os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the cards are for parts that asked for one
            yield from self._work(root)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def _work(self, root: Path) -> Iterator[Report]:
        events: Queue[PartEvent] = Queue()
        self._part = LocalExecutor().start(root, events)
        if self._cancelled:  # while it was being laid out
            self._part.cancel()
        reason: str | None = None
        while reason is None:
            lines: list[str] = []
            for event in _next_events(events):
                match event.event:
                    case Ended():
                        reason = event.event.reason
                    case Shard():
                        yield Report(lines=tuple(lines))
                        lines = []
                        yield from _shard(root / "shards" / event.event.name, root)
                    case message:
                        lines.append(encode(message))
            if log := self._log(root / "log.txt"):
                yield Report(lines=tuple(lines), log=log)
            elif lines:
                yield Report(lines=tuple(lines))
        for shard in finished_shards(root / "shards"):  # in place, but the worker died before it said so
            yield from _shard(shard, root)
        while log := self._log(root / "log.txt"):
            yield Report(log=log)
        yield Report(ended=reason)

    def _log(self, file: Path) -> bytes:
        """What was added to the log since, up to what travels of it at all."""
        left = MAX_LOG_BYTES - self._log_bytes
        if left <= 0:
            return b""
        with contextlib.suppress(OSError), file.open("rb") as log:
            log.seek(self._log_bytes)
            added = log.read(min(LOG_BYTES_AT_ONCE, left))
            self._log_bytes += len(added)
            return added + (b"\n(the rest of this log was left out)\n" if len(added) == left else b"")
        return b""


def _next_events(events: Queue[PartEvent]) -> list[PartEvent]:
    """What the worker said, at least one thing unless it is silent."""
    found: list[PartEvent] = []
    with contextlib.suppress(Empty):
        found.append(events.get(timeout=WAIT_S))
        while len(found) < MOST_AT_ONCE:
            found.append(events.get_nowait())
    return found


def _shard(folder: Path, scratch: Path) -> Iterator[Report]:
    """A shard in pieces, then its message. One that can't be read is passed over: its items will be done again."""
    try:
        items = ShardFolder.open(folder).items
    except JobError:
        return
    for piece in pieces_of(folder, scratch):
        yield Report(piece=piece)
    yield Report(lines=(encode(Shard(folder.name, items)),))
    shutil.rmtree(folder, ignore_errors=True)


def _lay_out(root: Path, spec: str, inputs: NDArray[np.uint8] | None) -> None:
    """The part's folder as `engine.worker` reads it, with the job's inputs in it."""
    sent = root / "sent.json"
    sent.write_text(spec, encoding="utf-8")
    part = read_spec(sent)
    if inputs is not None:
        inputs.tofile(root / "inputs.tar")
        unpack(root / "inputs.tar", root / "inputs")
        (root / "inputs.tar").unlink()
    write_spec(replace(part, inputs=str(root / "inputs") if part.inputs else ""), root / "spec.json")


def _remove_leftovers() -> None:
    """Delete the folders of actors that were killed on this node."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*-*"):
        pid = folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
