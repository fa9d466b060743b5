"""Sums the progress of several transfers."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from engine.download.types import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Meter"]

_REPORT_EVERY_S = 0.2
_RATE_OVER_S = 10.0


class Meter:
    """Counts bytes per file from any thread and reports a few times a second, one report at a time."""

    def __init__(self, files_total: int, on_progress: Callable[[Progress], None]) -> None:
        self._files_total = files_total
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._done: dict[str, int] = {}
        self._totals: dict[str, int | None] = {}
        self._files_done = 0
        self._received = 0
        self._last_report = 0.0
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def begin(self, name: str, done_bytes: int, total_bytes: int | None) -> None:
        """Count a file that is being transferred (again), with `done_bytes` on the disk."""
        with self._lock:
            self._done[name], self._totals[name] = done_bytes, total_bytes
            self._report(name)

    def advance(self, name: str, done_bytes: int) -> None:
        with self._lock:
            self._received += done_bytes - self._done[name]
            self._done[name] = done_bytes
            self._report(name)

    def complete(self, name: str, size_bytes: int) -> None:
        with self._lock:
            self._done[name] = self._totals[name] = size_bytes
            self._files_done += 1
            self._report(name)

    def drop(self, name: str) -> None:
        """Remove a failed file from the counts."""
        with self._lock:
            self._done.pop(name, None)
            self._totals.pop(name, None)
            self._report(name)

    def finish(self) -> None:
        """Report the final state, however recent the last report is."""
        with self._lock:
            self._report("", always=True)

    def _report(self, name: str, *, always: bool = False) -> None:
        now = time.monotonic()
        if now - self._last_report < _REPORT_EVERY_S and not always:
            return
        self._last_report = now
        self._samples.append((now, self._received))
        while len(self._samples) > 2 and now - self._samples[0][0] > _RATE_OVER_S:
            self._samples.popleft()
        (then, before), passed_s = self._samples[0], max(now - self._samples[0][0], 1e-6)
        totals = list(self._totals.values())
        known = [total for total in totals if total is not None]
        self._on_progress(
            Progress(
                files_done=self._files_done,
                files_total=self._files_total,
                bytes_done=sum(self._done.values()),
                bytes_total=sum(known) if totals and len(known) == len(totals) else None,
                rate_bytes_s=(self._received - before) / passed_s if now > then else 0.0,
                name=name,
            )
        )
