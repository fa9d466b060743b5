"""Parts as processes on this machine: `python -m engine.worker <part folder>`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

import engine
from engine.runtime.executor import Ended, PartEvent
from engine.runtime.machine import thread_limits
from engine.runtime.messages import decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from queue import Queue

    from engine.runtime.executor import JobAhead
    from engine.runtime.machine import WorkerPlan

__all__ = ["PID_FILE", "LocalExecutor", "describe_exit", "kill_leftover", "search_path", "worker_environment"]

PID_FILE = "worker.pid"
"""In the folder of a part: the number of its process."""


class LocalPart:
    """One worker process."""

    def __init__(self, folder: Path, events: Queue[PartEvent], threads: int) -> None:
        self.folder = folder
        self._events = events
        log = (folder / "log.txt").open("ab")
        self._process = subprocess.Popen(
            # -P, and the path: a worker runs this very engine, whatever `engine` or `json.py` lies in its folder.
            [sys.executable, "-P", "-m", "engine.worker", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=worker_environment(threads),
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # a Ctrl-C in the terminal reaches the supervisor, which cancels in order
        )
        log.close()
        threading.Thread(target=self._listen, name=f"listen-{folder.name}", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def cancel(self) -> None:
        """Ask it to stop soon, keeping what is finished."""
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None  # noqa: S101 - opened as a pipe above
            self._process.stdin.write("cancel\n")
            self._process.stdin.flush()

    def kill(self) -> None:
        """Stop it now."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        try:
            for line in self._process.stdout:
                message = decode(line)
                if message is not None:
                    self._events.put(PartEvent(self.folder, message))
        finally:  # whatever happens to the pipe: nobody may wait for this part for ever
            self._events.put(PartEvent(self.folder, Ended(describe_exit(self._process.wait()))))


class LocalExecutor:
    """Starts worker processes. `threads` is how many cores each may use in its libraries' own pools, where its part's
    specification does not say."""

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def ready(self, _job: JobAhead, plan: WorkerPlan, _cancelled: Callable[[], bool]) -> WorkerPlan:
        """The plan as it is: this machine is always ready."""
        return plan

    def start(self, folder: Path, events: Queue[PartEvent]) -> LocalPart:
        """Start the worker of the part in `folder`."""
        return LocalPart(folder, events, self.threads)

    def close(self) -> None:
        """Nothing to let go of."""


def worker_environment(threads: int) -> dict[str, str]:
    """The environment of a worker process whose libraries may each use `threads` cores.

    Workers share the machine: each library's own thread pool must not take every core for every worker. Memory that
    threads gave back must not pile up: glibc keeps a heap for each of the dozens of threads that decode and detect
    (`benchmarks/extraction_memory.py` tells with and without). And threads that wait must sleep: OpenMP's spin by
    default, and where they take all cores, the thread that they wait for may never run; a validation was once seen to
    hang so. Who sets these variables otherwise is left alone.
    """
    kept = {"MALLOC_ARENA_MAX": "2", "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", **os.environ}
    return {**kept, **thread_limits(threads), "PYTHONPATH": search_path(), "PYTHONUNBUFFERED": "1"}


def search_path() -> str:
    """Where a worker looks for modules before the installed ones: beside this engine, then where we were told to."""
    return os.pathsep.join(filter(None, [str(Path(engine.__file__).parents[1]), os.environ.get("PYTHONPATH")]))


def describe_exit(code: int) -> str:
    """An exit status as a phrase; empty for an orderly end."""
    if code == 0:
        return ""
    if code > 0:
        return f"the worker ended with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    likely = {
        "SIGSEGV": " (a crash inside a codec or model library)",
        "SIGABRT": " (a crash inside a codec or model library)",
        "SIGKILL": " (killed, or the machine ran out of memory)",
    }
    return f"the worker was ended by {name}{likely.get(name, '')}"


def kill_leftover(folder: Path) -> None:
    """End the worker of a part whose supervisor died, if it is somehow still there, or what held a job's cluster."""
    try:
        pid = int((folder / PID_FILE).read_text(encoding="ascii"))
        process = psutil.Process(pid)
        # A process number is reused: only a worker of this very folder may be ended.
        if str(folder) in process.cmdline():
            process.kill()
            process.wait(5)
    except (OSError, ValueError, psutil.Error):
        return
