"""Parts as actors of a Ray cluster: what the app starts and talks to. Ray itself loads in the driver's process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.cancel import Cancelled
from engine.cluster.lines import ClusterFacts, DriverCommand, DriverReply, DriverStart
from engine.errors import JobError
from engine.runtime.executor import Ended, PartEvent
from engine.runtime.local import describe_exit, search_path
from engine.runtime.machine import WorkerPlan
from engine.runtime.messages import Fatal, decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.runtime.executor import JobAhead
    from engine.settings.jobs import ExecutorSettings

__all__ = ["LOG_FILE", "RayExecutor", "cluster_facts"]

LOG_FILE = "cluster.log"
"""In the job's folder: what Ray itself printed in the process that held the connection."""
READY_TIMEOUT_S = 120.0
CLOSE_S = 4.0
PARTS_A_PLACE = 4
"""Small parts lose less with a node, and end at about the same time; each loads its models once."""
INSTALL = (
    "Install the extra `ray` here and on all nodes (`uv pip install 'ray>=2.60,<3'`), or use the executor `local`."
)


class RayPart:
    """One part in the cluster."""

    def __init__(self, folder: Path, tell: Callable[[DriverCommand], None]) -> None:
        self.folder = folder
        self._tell = tell
        tell(DriverCommand(do="start", part=str(folder)))

    def cancel(self) -> None:
        """Ask it to stop soon, keeping what is finished."""
        self._tell(DriverCommand(do="cancel", part=str(self.folder)))

    def kill(self) -> None:
        """Stop it now."""
        self._tell(DriverCommand(do="kill", part=str(self.folder)))


class RayExecutor:
    """Runs the parts of one job in a cluster. Its driver process starts with `ready` and ends with `close`."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self._driver: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._running: dict[Path, Queue[PartEvent]] = {}
        self._replies: Queue[DriverReply | None] = Queue()
        self._last_word = ""
        """Why the driver leaves, where it could say so."""
        self._lost = ""
        """Why the driver is gone; empty while it is there."""

    def ready(self, job: JobAhead, _plan: WorkerPlan, cancelled: Callable[[], bool]) -> WorkerPlan:
        """Join the cluster and have its nodes looked at.

        Raises `JobError` where Ray is not installed, there is no cluster, or a node lacks something; `Cancelled`.
        """
        asked = self._settings
        start = DriverStart(
            address=asked.address,
            cpus=asked.cpus,
            gpus=asked.gpus,
            part_size=asked.part_size,
            step=job.step,
            settings=job.settings,
            files=job.files,
        )
        facts = self._join(job.folder, start, cancelled)
        parts = asked.parts or max(1, PARTS_A_PLACE * facts.places)
        why = f"in {asked.cluster_at(facts.address)}: {facts}; each part gets {asked.part_size}"
        return WorkerPlan(workers=parts, threads=max(1, int(asked.cpus)), why=why)

    def facts(self, folder: Path) -> ClusterFacts:
        """How large the cluster is, without a look at its nodes. Raises `JobError`."""
        asked = self._settings
        return self._join(folder, DriverStart(address=asked.address, cpus=asked.cpus, gpus=asked.gpus), lambda: False)

    def start(self, folder: Path, events: Queue[PartEvent]) -> RayPart:
        """Start the part in `folder`, or have it wait until there is a place for it."""
        with self._lock:
            if not self._lost:
                self._running[folder] = events
        if self._lost:
            self._say_lost(folder, events)
        return RayPart(folder, self._tell)

    def close(self) -> None:
        """Leave the cluster; what still runs there for this job is ended."""
        driver = self._driver
        if driver is None:
            return
        with contextlib.suppress(OSError, ValueError):
            assert driver.stdin is not None  # noqa: S101 - opened as a pipe
            driver.stdin.close()
        farewell = threading.Thread(target=_see_off, args=(driver,), name="cluster-farewell", daemon=True)
        farewell.start()
        if self._running:  # nothing may appear in their folders once the job has ended
            farewell.join()

    # --- the driver -----------------------------------------------------------------------------------------------

    def _join(self, folder: Path, start: DriverStart, cancelled: Callable[[], bool]) -> ClusterFacts:
        if find_spec("ray") is None:
            raise JobError("Ray is not installed here, so nothing can run in a cluster", remedy=INSTALL)
        with (folder / LOG_FILE).open("ab") as log:
            self._driver = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.cluster.driver", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": search_path(), "PYTHONUNBUFFERED": "1"},
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        threading.Thread(target=self._listen, name="cluster-driver", daemon=True).start()
        self._write(start.model_dump_json())
        deadline_s = time.monotonic() + READY_TIMEOUT_S
        while True:
            if cancelled():
                raise Cancelled
            with contextlib.suppress(Empty):
                reply = self._replies.get(timeout=0.1)
                break
            if time.monotonic() > deadline_s:
                said = f"the Ray cluster at {start.address} did not answer within {READY_TIMEOUT_S:g} s"
                raise JobError(said, remedy="`ray status` says more.")
        if reply is None:
            raise JobError(
                f"the cluster can't be joined: {self._lost}", remedy=f"{LOG_FILE} in the job's folder says more."
            )
        if reply.ready is None:
            refused = reply.refused
            raise JobError(
                refused.message if refused else "the cluster can't be joined", remedy=refused.remedy if refused else ""
            )
        return reply.ready

    def _tell(self, command: DriverCommand) -> None:
        self._write(command.model_dump_json())

    def _write(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):  # it is gone: the listener says so
            assert self._driver is not None  # noqa: S101 - `ready` comes first
            assert self._driver.stdin is not None  # noqa: S101 - opened as a pipe
            self._driver.stdin.write(line + "\n")
            self._driver.stdin.flush()

    def _listen(self) -> None:
        assert self._driver is not None  # noqa: S101 - started before this thread
        assert self._driver.stdout is not None  # noqa: S101 - opened as a pipe
        try:
            for line in self._driver.stdout:
                with contextlib.suppress(ValidationError):
                    self._take(DriverReply.model_validate_json(line))
        finally:  # whatever happens to the pipe: nobody may wait for ever
            how = describe_exit(self._driver.wait()).removeprefix("the worker ").removeprefix("was ")
            with self._lock:
                self._lost = self._last_word or f"the connection to it was lost{f' ({how})' if how else ''}"
                left, self._running = self._running, {}
            self._replies.put(None)
            for folder, events in left.items():
                self._say_lost(folder, events)

    def _take(self, reply: DriverReply) -> None:
        if not reply.part:
            if reply.refused is not None:
                self._last_word = reply.refused.message
            self._replies.put(reply)
            return
        folder = Path(reply.part)
        with self._lock:
            events = self._running.get(folder) if reply.ended is None else self._running.pop(folder, None)
        if events is None:
            return
        if reply.ended is not None:
            events.put(PartEvent(folder, Ended(reply.ended, machine_lost=reply.machine_lost)))
        elif (message := decode(reply.message)) is not None:
            events.put(PartEvent(folder, message))

    def _say_lost(self, folder: Path, events: Queue[PartEvent]) -> None:
        where = self._settings.cluster_at(self._settings.address)
        said = (
            f"In {where}: {self._lost}. What had come is kept. Resume goes on from there, once the cluster is back or "
            "another is named in the settings of jobs."
        )
        events.put(PartEvent(folder, Fatal(said)))
        events.put(PartEvent(folder, Ended(self._lost)))


def _see_off(driver: subprocess.Popen[str]) -> None:
    """Wait for a driver that was told to leave the cluster; end it where it does not."""
    try:
        driver.wait(CLOSE_S)
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()


def cluster_facts(settings: ExecutorSettings, folder: Path) -> ClusterFacts:
    """How large the cluster is now; `folder` is for the driver's log. Raises `JobError` where there is none."""
    executor = RayExecutor(settings)
    try:
        return executor.facts(folder)
    finally:
        executor.close()
