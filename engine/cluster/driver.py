"""The process that holds the connection to a cluster, for one job: `python -m engine.cluster.driver <job folder>`.

Ray ends a process whose head or node is lost; so this is not the app's process, and the job goes on from what has come.
The first line of standard input is a `DriverStart`, each further one a `DriverCommand`; standard output carries
`DriverReply` lines (`engine/cluster/lines.py`). The end of standard input means that the job or the app has ended:
then this process ends, and with it all that it started in the cluster.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from engine.cluster.connection import facts_of, head_silence, join, nodes
from engine.cluster.lines import DriverCommand, DriverReply, DriverStart, Refusal
from engine.cluster.node_view import Wanted, differences, view_here
from engine.cluster.parcels import pack
from engine.cluster.part_actor import Order
from engine.errors import EngineError, JobError
from engine.runtime.local import PID_FILE
from engine.runtime.messages import Queued, encode
from engine.runtime.reasons import in_plain_words
from engine.runtime.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.cluster.connection import Node
    from engine.cluster.node_view import NodeView
    from engine.cluster.part_stream import PartStream

__all__ = ["main"]

NODE_TIMEOUT_S = 60.0
"""How long a node may take to look at itself: it loads the step's libraries, maybe from a slow disk."""
GOODBYE_S = 2.0
LOOK_AT_HEAD_S, SILENT_HEAD_S = 2.0, 20.0
"""How often the head is looked for, and after how long without an answer it is lost. Ray itself waits a minute."""
LEAST_IN_LINE = 8
"""So many parts wait for a place at Ray itself, half as many as have one where that is more; the rest wait here. A
cluster that grows by demand sees some, and another job's parts do not queue behind all of this one's."""


class Driver:
    """The parts of one job."""

    def __init__(self, start: DriverStart, say: Callable[[DriverReply], None]) -> None:
        self._start = start
        self._say = say
        self._lock = threading.RLock()
        self._waiting: list[Path] = []
        self._parts: dict[Path, PartStream] = {}
        self._inputs: dict[str, Any] = {}
        self._wanted = Wanted(step=start.step, settings=start.settings, files=start.files)
        self._here: NodeView | None = None
        address = join(start.address)
        found = nodes()
        self._names = {node.node_id: node.name for node in found}
        self.facts = facts_of(address, found, start.cpus, start.gpus)
        fitting = [node for node in found if node.places(start.cpus, start.gpus)]
        self._checked = frozenset(node.node_id for node in fitting)
        if start.step:
            self._check(fitting)

    def _check(self, fitting: list[Node]) -> None:
        """Have every node that a part may run on look at itself. Raises `JobError` for one that would not do."""
        import ray
        from ray.exceptions import GetTimeoutError, RayError
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        looking = ray.remote(view_here)
        there = {
            node.name: looking.options(
                num_cpus=0, max_retries=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node.node_id, soft=False)
            ).remote(self._wanted)
            for node in fitting
        }
        self._here = view_here(self._wanted)
        for name, reference in there.items():
            try:
                refusal = differences(self._here, ray.get(reference, timeout=NODE_TIMEOUT_S), name)
            except GetTimeoutError as error:
                raise JobError(f"{name} of the cluster does not answer", remedy="`ray status` says more.") from error
            except RayError as error:
                last = str(error).strip().rpartition("\n")[2]
                remedy = "Is the same version of Handpicked installed there, for the Python that Ray runs in?"
                raise JobError(f"{name} of the cluster can't run Handpicked: {last}", remedy=remedy) from error
            if refusal is not None:
                raise refusal

    def do(self, command: DriverCommand) -> None:
        """Start, cancel or kill a part."""
        folder = Path(command.part)
        with self._lock:
            part = self._parts.get(folder)
            if command.do == "start":
                self._waiting.append(folder)
                self._say_queued(folder)
                self._start_more()
            elif folder in self._waiting:
                self._waiting.remove(folder)
                self._say(DriverReply(part=command.part, ended=""))
            elif part is not None and command.do == "cancel":
                part.cancel()
            elif part is not None:
                part.kill()

    def _say_queued(self, folder: Path) -> None:
        reason = "a free place in the cluster"
        if not self.facts.places:
            reason = f"a node of the cluster that has {self._start.part_size}: none has"
        self._say(DriverReply(part=str(folder), message=encode(Queued(reason))))

    def _start_more(self) -> None:
        # It loads Ray, which reads what `join` sets in the environment.
        from engine.cluster.part_stream import PartStream

        while self._waiting and self._is_line_short():
            folder = self._waiting.pop(0)
            try:
                order, inputs = self._order(folder)
            except (EngineError, OSError) as error:
                self._say(DriverReply(part=str(folder), ended=in_plain_words(error)))
                continue
            self._parts[folder] = PartStream(
                folder,
                order,
                inputs,
                resources={"num_cpus": self._start.cpus, "num_gpus": self._start.gpus},
                names=self._names,
                say=self._say,
                on_place=self._placed,
                on_end=self._ended,
            )

    def _is_line_short(self) -> bool:
        placed = sum(part.is_placed for part in self._parts.values())
        return len(self._parts) - placed < max(LEAST_IN_LINE, placed // 2)

    def _placed(self) -> None:
        with self._lock:
            self._start_more()

    def _ended(self, folder: Path) -> None:
        with self._lock:
            self._parts.pop(folder, None)
            self._start_more()

    def _order(self, folder: Path) -> tuple[Order, Any]:
        assert self._here is not None  # noqa: S101 - parts follow a look at the nodes
        text = (folder / "spec.json").read_text(encoding="utf-8")
        inputs = read_spec(folder / "spec.json", items=False).inputs
        order = Order(spec=text, gpus=self._start.gpus, wanted=self._wanted, here=self._here, checked=self._checked)
        return order, self._blob(inputs) if inputs else None

    def _blob(self, inputs: str) -> Any:
        """The job's inputs in the object store: put there once, however many parts read them."""
        if inputs not in self._inputs:
            import numpy as np
            import ray

            with tempfile.TemporaryDirectory() as scratch:
                packed = Path(scratch) / "inputs.tar"
                pack(Path(inputs), packed)
                self._inputs[inputs] = ray.put(np.memmap(packed, np.uint8, mode="r"))
        return self._inputs[inputs]


def main(job_folder: Path) -> None:
    """Serve one job until standard input ends."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what Ray prints must not mix with replies
    lock = threading.Lock()

    def say(reply: DriverReply) -> None:
        with lock:
            channel.write(reply.model_dump_json(exclude_defaults=True) + "\n")
            channel.flush()

    (job_folder / PID_FILE).write_text(str(os.getpid()), encoding="ascii")
    commands: queue.Queue[DriverCommand] = queue.Queue()
    start = DriverStart.model_validate_json(sys.stdin.readline())
    threading.Thread(target=_read, args=(commands,), name="stdin", daemon=True).start()
    try:
        driver = Driver(start, say)
    except JobError as error:
        say(DriverReply(refused=Refusal(message=error.message, remedy=error.remedy)))
        return
    except Exception as error:
        traceback.print_exc()
        said = f"the cluster at {start.address} can't be used: {in_plain_words(error)}"
        say(DriverReply(refused=Refusal(message=said)))
        return
    say(DriverReply(ready=driver.facts))
    threading.Thread(target=_watch_head, args=(driver.facts.address, say), name="head", daemon=True).start()
    while True:
        driver.do(commands.get())


def _watch_head(address: str, say: Callable[[DriverReply], None]) -> None:
    answered_s = time.monotonic()
    while True:
        time.sleep(LOOK_AT_HEAD_S)
        why = head_silence(address)
        if not why:
            answered_s = time.monotonic()
        elif time.monotonic() - answered_s > SILENT_HEAD_S:
            say(DriverReply(refused=Refusal(message=f"its head does not answer any more ({why})")))
            os._exit(1)  # not an orderly end: Ray would wait for the head


def _read(commands: queue.Queue[DriverCommand]) -> None:
    for line in sys.stdin:
        with contextlib.suppress(ValidationError):
            commands.put(DriverCommand.model_validate_json(line))
    _leave(0)


def _leave(code: int) -> None:
    """End this process, and what it has in the cluster: at once where Ray can still be told so."""

    def goodbye() -> None:
        import ray

        with contextlib.suppress(Exception):
            ray.shutdown()

    farewell = threading.Thread(target=goodbye, daemon=True)
    farewell.start()
    farewell.join(GOODBYE_S)
    os._exit(code)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stderr.flush()
    _leave(0)
