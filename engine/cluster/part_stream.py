"""One part in the cluster, as the process that holds the connection sees it: what comes becomes files and messages."""

from __future__ import annotations

import contextlib
import re
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import ActorUnavailableError, GetTimeoutError, OutOfMemoryError, RayError

from engine.cluster.connection import nodes
from engine.cluster.lines import DriverReply
from engine.cluster.parcels import unpack
from engine.cluster.part_actor import PartActor
from engine.errors import FormatError
from engine.runtime.messages import Fatal, Heartbeat, Shard, decode, encode
from engine.runtime.reasons import in_plain_words, is_disk_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from engine.cluster.part_actor import Order, Report

__all__ = ["PartStream"]

UNCONSUMED = 16
"""So many reports of a part may lie in the object store: an actor that sends faster than the disk takes waits."""
UNTAKEN_SHARDS = 16
"""So many shards of a part may lie on the disk before the app has taken them in: then the part waits too."""
KILL_S = 0.5
"""How long a part that is killed has to delete its folder."""
UNREACHABLE_S = 40.0
"""How long to ask for an actor that can't be reached. Ray noticed the loss of a node after 11 s; it may take longer."""
ASK_AGAIN_S = 0.5
ANSWER_S = 2.0
"""How long one answer may take."""
SHARD_NAME = re.compile(r"\d{6,12}")
COMING = "coming.tar.tmp"


class PartStream:
    """A part's actor, and the thread that listens to it. `say` is called from that thread."""

    def __init__(
        self,
        folder: Path,
        order: Order,
        inputs: Any,
        *,
        resources: Mapping[str, float],
        names: Mapping[str, str],
        say: Callable[[DriverReply], None],
        on_place: Callable[[], None],
        on_end: Callable[[Path], None],
    ) -> None:
        self.folder = folder
        self._shards = folder / "shards"
        self._names = names
        self._say = say
        self._on_place, self._on_end = on_place, on_end
        self._node = ""
        self._killed = False
        self._rss_bytes = 0
        actor = ray.remote(PartActor).options(max_concurrency=2, max_restarts=0, max_task_retries=0, **resources)
        self._actor = actor.remote()
        streaming = {"num_returns": "streaming", "_generator_backpressure_num_objects": UNCONSUMED}
        self._stream = self._actor.run.options(**streaming).remote(order, inputs)
        threading.Thread(target=self._listen, name=f"listen-{folder.name}", daemon=True).start()

    @property
    def is_placed(self) -> bool:
        """Whether it has a place on a node."""
        return bool(self._node)

    def cancel(self) -> None:
        """Ask it to stop soon; one that waits for its place has nothing to keep."""
        if not self._node:
            self._end_actor()
        else:
            self._actor.cancel.remote()

    def kill(self) -> None:
        """Stop it now."""
        if self._killed:
            return
        self._killed = True
        if not self._node:
            self._end_actor()
            return
        self._actor.stop.remote()
        timer = threading.Timer(KILL_S, self._end_actor)
        timer.daemon = True
        timer.start()

    def _end_actor(self) -> None:
        self._killed = True
        with contextlib.suppress(RayError, RuntimeError, ValueError):
            ray.kill(self._actor)

    # --- listening --------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        reason, lost = "", False
        try:
            reason = self._take_reports()
        except RayError as error:
            reason, lost = ("", False) if self._killed else self._why(error)
        except (FormatError, OSError) as error:
            full = is_disk_trouble(error)
            said = "The disk can't take the results" if full else "What came from the cluster can't be used"
            self._say(DriverReply(part=str(self.folder), message=encode(Fatal(f"{said}: {in_plain_words(error)}"))))
        except Exception as error:
            reason = f"what came from the cluster can't be used: {in_plain_words(error)}"
        self._end_actor()
        self._on_end(self.folder)
        self._say(DriverReply(part=str(self.folder), ended=reason, machine_lost=lost))

    def _take_reports(self) -> str:
        """Take all that comes; returns why the worker is gone."""
        for reference in self._stream:
            report: Report = ray.get(reference)
            if report.node:
                self._node = report.node
                self._add_to_log(f"On {self._name()}:\n".encode())
                self._pass_on(Heartbeat(0))
                self._on_place()
            if report.log:
                self._add_to_log(report.log)
            if report.piece:
                self._shards.mkdir(exist_ok=True)
                with (self._shards / COMING).open("ab") as coming:
                    coming.write(report.piece)
            for line in report.lines:
                self._take_line(line)
            if report.ended is not None:
                return f"{report.ended}, on {self._name()}" if report.ended else ""
        return "its process in the cluster ended without a word"

    def _take_line(self, line: str) -> None:
        message = decode(line)
        match message:
            case None:
                return
            case Shard():
                self._take_shard(message)
            case Heartbeat():
                self._rss_bytes = message.rss_bytes
        self._pass_on(message)

    def _take_shard(self, shard: Shard) -> None:
        """Put a shard that has come whole in its place. Raises `FormatError`, OSError."""
        if not SHARD_NAME.fullmatch(shard.name):
            raise FormatError(f"a shard can't be called {shard.name!r}")
        self._wait_for_the_app()
        arriving = self._shards / f"{shard.name}.tmp"
        shutil.rmtree(arriving, ignore_errors=True)
        unpack(self._shards / COMING, arriving)
        (self._shards / COMING).unlink()
        arriving.rename(self._shards / shard.name)

    def _wait_for_the_app(self) -> None:
        heard_s = time.monotonic()
        while not self._killed and sum(not path.suffix for path in self._shards.iterdir()) >= UNTAKEN_SHARDS:
            time.sleep(0.05)
            if time.monotonic() - heard_s >= 1.0:
                heard_s = time.monotonic()
                self._pass_on(Heartbeat(self._rss_bytes))

    def _pass_on(self, message: Any) -> None:
        self._say(DriverReply(part=str(self.folder), message=encode(message)))

    def _add_to_log(self, text: bytes) -> None:
        with (self.folder / "log.txt").open("ab") as log:
            log.write(text)

    def _name(self) -> str:
        return self._names.get(self._node, f"node {self._node[:8]}" if self._node else "a node")

    def _why(self, error: RayError) -> tuple[str, bool]:
        """Why the actor is gone, and whether its whole node went."""
        if isinstance(error, ActorUnavailableError):
            error = self._why_unreachable(error)
        try:
            gone = "node has died" in str(error) or (
                bool(self._node) and self._node not in {node.node_id for node in nodes()}
            )
        except Exception:  # the head is gone too
            gone = True
        if gone:
            return f"{self._name()} of the cluster is gone", True
        if isinstance(error, OutOfMemoryError):
            return f"{self._name()} of the cluster ran out of memory, and Ray ended the process", False
        return f"its process on {self._name()} of the cluster was ended ({type(error).__name__})", False

    def _why_unreachable(self, error: RayError) -> RayError:
        """What became of an actor that can't be reached: Ray takes its time to find out whether the node went."""
        until_s = time.monotonic() + UNREACHABLE_S
        while time.monotonic() < until_s and not self._killed:
            try:
                ray.get(self._actor.is_there.remote(), timeout=ANSWER_S)
            except (ActorUnavailableError, GetTimeoutError):
                self._pass_on(Heartbeat(self._rss_bytes))
                time.sleep(ASK_AGAIN_S)
            except RayError as later:
                return later
            else:  # it is there, but what it sent is lost
                break
        return error
