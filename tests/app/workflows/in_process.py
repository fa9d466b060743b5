"""An executor that runs parts in a thread of this process: for tests of many jobs, each with many items."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.runtime.executor import Ended, PartEvent
from engine.runtime.messages import decode, encode
from engine.runtime.runner import run_part
from engine.runtime.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from queue import Queue

    from engine.runtime.executor import JobAhead
    from engine.runtime.machine import WorkerPlan
    from engine.runtime.messages import Message

__all__ = ["InProcess"]


class ThreadPart:
    """One part, in a thread."""

    def __init__(self, folder: Path, events: Queue[PartEvent]) -> None:
        self.folder = folder
        self._events = events
        self._cancelled = threading.Event()
        threading.Thread(target=self._work, daemon=True).start()

    def cancel(self) -> None:
        """Ask it to stop soon."""
        self._cancelled.set()

    def kill(self) -> None:
        """A thread can't be killed."""
        self._cancelled.set()

    def _say(self, message: Message) -> None:
        heard = decode(encode(message))  # as it goes through a pipe
        if heard is not None:
            self._events.put(PartEvent(self.folder, heard))

    def _work(self) -> None:
        reason = ""
        try:
            part = read_spec(self.folder / "spec.json")
            run_part(part, self.folder / "shards", self._say, lambda _text: None, self._cancelled)
        except BaseException as error:  # as a process ends by what nobody catches
            reason = f"the worker ended by {type(error).__name__}"
        self._events.put(PartEvent(self.folder, Ended(reason)))


class InProcess:
    """Starts parts in threads."""

    def ready(self, _job: JobAhead, plan: WorkerPlan, _cancelled: Callable[[], bool]) -> WorkerPlan:
        """The plan as it is."""
        return plan

    def close(self) -> None:
        """Nothing to let go of."""

    def start(self, folder: Path, events: Queue[PartEvent]) -> ThreadPart:
        """Start the part in `folder`."""
        return ThreadPart(folder, events)
