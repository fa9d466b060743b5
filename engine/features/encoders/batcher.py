"""Batches inputs across clips and videos, and hands each clip its own results."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from engine.errors import EngineError
from engine.features.device import free_device_memory, is_out_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["Batcher", "Ticket"]

X = TypeVar("X")

LEAST_GAIN = 0.1
"""A batch of twice the size must save this share of the time of each input, or the size stays."""
TRIALS = 3
"""As many batches of a size must have saved too little: what else runs on the device disturbs a single one."""


class Ticket:
    """A future: the row of one input, available once its batch has run."""

    __slots__ = ("_error", "_vector")

    def __init__(self) -> None:
        self._vector: NDArray[Any] | None = None
        self._error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether the batch has run, successfully or not."""
        return self._vector is not None or self._error is not None

    def vector(self) -> NDArray[Any]:
        """The row `(d,)`. Raises what the batch raised."""
        if self._error is not None:
            raise self._error
        if self._vector is None:
            raise RuntimeError("the batch has not run yet")
        return self._vector

    def settle(self, vector: NDArray[Any] | None, error: Exception | None = None) -> None:
        """Set the result or the error: the batch has run."""
        self._vector, self._error = vector, error


class Batcher(Generic[X]):
    """Runs `encode` on `batch_size` inputs at once, and on half as many when the device runs out of memory.

    Where `most` is larger, the size doubles up to it for as long as that saves time. Videos that are read at the same
    time share one batcher: a batch holds inputs of all of them.
    """

    def __init__(
        self,
        encode: Callable[[Sequence[X]], NDArray[Any]],
        batch_size: int,
        *,
        most: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._encode, self._clock = encode, clock
        self.batch_size = batch_size
        self._most = max(most, batch_size)
        self._cost_s: float | None = None
        self._disappointed = 0
        self._waiting: list[tuple[Ticket, X]] = []
        self._lock = threading.RLock()

    def add(self, item: X) -> Ticket:
        """Add an input to the batch, and run the batch once it is full."""
        ticket = Ticket()
        with self._lock:
            self._waiting.append((ticket, item))
            if len(self._waiting) >= self.batch_size:
                self.run()
        return ticket

    def run(self) -> None:
        """Run the pending inputs, after a batch that runs already. An error is raised by their tickets, not here."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            while waiting:
                done = self._run_part(waiting[: self.batch_size])
                waiting = waiting[done:]

    def _run_part(self, part: Sequence[tuple[Ticket, X]]) -> int:
        """Run one batch, and return how many of its inputs are settled: none where a smaller one must be tried."""
        began_s = self._clock()
        try:
            vectors = self._encode([item for _, item in part])
        except Exception as error:
            if is_out_of_memory(error):
                free_device_memory()
                if len(part) > 1:
                    self.batch_size = self._most = max(1, len(part) // 2)
                    return 0
                error = EngineError(
                    "The device has too little memory for a single picture.",
                    remedy="Close what else uses it, or set the device to cpu.",
                )
            for ticket, _ in part:
                ticket.settle(None, error)
            return len(part)
        for index, (ticket, _) in enumerate(part):
            ticket.settle(vectors[index])
        self._learn_from((self._clock() - began_s) / len(part), full=len(part) == self.batch_size)
        return len(part)

    def _learn_from(self, cost_s: float, *, full: bool) -> None:
        """Double the size after a full batch, unless it has cost each input about as much as half the size did."""
        if not full or self.batch_size >= self._most:
            return
        if self._cost_s is not None and cost_s > (1 - LEAST_GAIN) * self._cost_s:
            self._disappointed += 1
            if self._disappointed >= TRIALS:
                self._most = self.batch_size
            return
        self._cost_s, self._disappointed = cost_s, 0
        self.batch_size = min(2 * self.batch_size, self._most)
