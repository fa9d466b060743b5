"""A kind of job whose items say what is to happen to them: what a worker process runs in the tests of jobs."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings
from engine.runtime.step import SkipItem, Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["FailsToPrepare", "Scripted"]


class ScriptedSettings(StepSettings):
    """Where items note that they were begun; how the app takes them in, and what follows."""

    ledger: str
    apply: str | None = None
    follow: str | bool | None = None
    at_once: int = 1


class ScriptedPayload(ItemPayload):
    """Actions, each with its argument."""

    do: tuple[tuple[str, Any], ...] = ()


class UnpreparedSettings(StepSettings):
    """How it fails."""

    how: str


@dataclass(frozen=True)
class MadeRow(Row):
    """What every item makes."""

    TABLE = "made"

    item: str
    pid: int


class Scripted(Step[ScriptedSettings, ScriptedPayload]):
    """Each item notes in `ledger` that it was begun, and makes one row."""

    def prepare(self) -> None:
        """Take as many items in hand as the settings say."""
        self.items_at_once = self.settings.at_once

    def process(self, item: Item[ScriptedPayload], context: StepContext) -> None:
        """Do what the item says, then make its row."""
        with Path(self.settings.ledger).open("a", encoding="utf-8") as ledger:
            ledger.write(f"{item.key}\n")
        for action, argument in item.payload.do:
            getattr(self, action)(argument, context)
        context.output.add(MadeRow, [MadeRow(item.key, os.getpid())])

    def work(self, seconds: float, context: StepContext) -> None:
        """Take a while and say so."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            context.progress(1 - left / seconds, f"{left:.2f} s left")
            time.sleep(0.02)

    def wait_for(self, marker: str, context: StepContext) -> None:
        """Take until somebody makes the file, and say so."""
        while not Path(marker).exists():
            context.progress(0.5, f"{time.monotonic():.2f}")
            time.sleep(0.02)

    def note_threads(self, _argument: object, _context: StepContext) -> None:
        """Note how many threads this worker may use, and how many its libraries will."""
        with Path(self.settings.ledger).open("a", encoding="utf-8") as ledger:
            ledger.write(f"{self.threads} threads, OpenMP {os.environ['OMP_NUM_THREADS']}\n")

    def note_cards(self, _argument: object, _context: StepContext) -> None:
        """Note which graphics cards this worker may use."""
        with Path(self.settings.ledger).open("a", encoding="utf-8") as ledger:
            ledger.write(f"cards {os.environ.get('CUDA_VISIBLE_DEVICES')!r}\n")

    def staged(self, seconds: float, context: StepContext) -> None:
        """Take a while, in two stages of equal length."""
        context.plan(("reading", 0.5), ("fitting", 1.0))
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            done = 1 - left / seconds
            context.progress(done, "halfway there" if done > 0.5 else "", stage="reading" if done < 0.5 else "fitting")
            time.sleep(0.02)

    def hang(self, seconds: float, _context: StepContext) -> None:
        """Take a while and say nothing."""
        time.sleep(seconds)

    def repeat_itself(self, seconds: float, context: StepContext) -> None:
        """Take a while and say the same all the time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            context.progress(0.5)
            time.sleep(0.02)

    def hold_the_lock(self, _argument: object, _context: StepContext) -> None:
        """Hang in C with the interpreter's lock held: no thread of this process says anything more."""
        ctypes.PyDLL(None).sleep(600)

    def backtrack(self, _argument: object, _context: StepContext) -> None:
        """Keep the interpreter busy for ages in one call that never yields the lock."""
        re.match(r"(a+)+$", "a" * 64 + "b")

    def die(self, signal_name: str, _context: StepContext) -> None:
        """End this process by a signal."""
        os.kill(os.getpid(), getattr(signal, signal_name))
        time.sleep(60)

    def die_once(self, marker: str, context: StepContext) -> None:
        """End this process by SIGKILL, the first time."""
        if not Path(marker).exists():
            Path(marker).touch()
            self.die("SIGKILL", context)

    def leave(self, status: int, _context: StepContext) -> None:
        """End this process in its own way."""
        os._exit(status)

    def fail(self, message: str, _context: StepContext) -> None:
        """Fail for a reason that was foreseen."""
        raise EngineError(message)

    def fail_until(self, marker: str, _context: StepContext) -> None:
        """Fail until somebody makes the file."""
        if not Path(marker).exists():
            raise EngineError("the marker is not there yet")

    def stumble(self, message: str, _context: StepContext) -> None:
        """Fail for a reason that nobody foresaw."""
        raise KeyError(message)

    def skip(self, reason: str, _context: StepContext) -> None:
        """Have nothing to do."""
        raise SkipItem(reason)

    def warn(self, message: str, context: StepContext) -> None:
        """Say that something is odd."""
        context.warn(message)

    def warn_often(self, count: int, context: StepContext) -> None:
        """Say so many times."""
        for number in range(count):
            context.warn(f"odd {number}")

    def babble(self, seconds: float, context: StepContext) -> None:
        """Say more than anybody wants to hear."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            context.progress(1 - left / seconds)

    def junk(self, _argument: object, _context: StepContext) -> None:
        """Write to standard output as C libraries do, whole lines and half ones, messages' look-alikes among them."""
        print("a library says hello")  # noqa: T201
        os.write(1, b'{"type": "failed", "item": "junk", "error": "not by us"}\n\xff\xfe half a line')
        libc = ctypes.CDLL(None)
        libc.printf(b"printed by C\n")
        libc.fflush(None)

    def add_file(self, name_and_size: list, context: StepContext) -> None:  # type: ignore[type-arg]
        """Make a file of some size."""
        name, size_bytes = name_and_size
        context.output.file(name).write_bytes(b"\1" * size_bytes)

    def add_row(self, row: dict, context: StepContext) -> None:  # type: ignore[type-arg]
        """Make one more row, in another table."""
        context.output.add_rows("more", [row])

    def add_unstorable(self, _argument: object, context: StepContext) -> None:
        """Make a row that no table can hold."""
        context.output.add_rows("more", [{"value": 1}, {"value": "text"}])

    def no_space(self, _argument: object, _context: StepContext) -> None:
        """Find the disk full."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "some-file")


class FailsToPrepare(Step[UnpreparedSettings, ItemPayload]):
    """Can't load what it needs."""

    def prepare(self) -> None:
        """Fail as the settings say."""
        if self.settings.how == "foreseen":
            raise EngineError("the weights are not here")
        raise ImportError("libGL.so.1: cannot open shared object file")

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Never called."""
