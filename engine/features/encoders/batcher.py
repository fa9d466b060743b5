"""Batches a model's inputs across clips, and hands each clip its own results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from engine.errors import EngineError
from engine.features.device import free_device_memory, is_out_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Batcher", "Ticket"]

X = TypeVar("X")


class Ticket:
    """A future: the vector of one input, available once its batch has run."""

    __slots__ = ("_error", "_vector")

    def __init__(self) -> None:
        self._vector: NDArray[np.float32] | None = None
        self._error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether the batch has run, successfully or not."""
        return self._vector is not None or self._error is not None

    def vector(self) -> NDArray[np.float32]:
        """The vector `(d,)`. Raises what the batch raised."""
        if self._error is not None:
            raise self._error
        if self._vector is None:
            raise RuntimeError("the batch has not run yet")
        return self._vector

    def settle(self, vector: NDArray[np.float32] | None, error: Exception | None = None) -> None:
        """Set the result or the error: the batch has run."""
        self._vector, self._error = vector, error


class Batcher(Generic[X]):
    """Runs `encode` on `batch_size` inputs at once, and on half as many when the device runs out of memory."""

    def __init__(self, encode: Callable[[Sequence[X]], NDArray[np.float32]], batch_size: int) -> None:
        self._encode = encode
        self.batch_size = batch_size
        self._waiting: list[tuple[Ticket, X]] = []

    def add(self, item: X) -> Ticket:
        """Add an input to the batch, and run the batch once it is full."""
        ticket = Ticket()
        self._waiting.append((ticket, item))
        if len(self._waiting) >= self.batch_size:
            self.run()
        return ticket

    def run(self) -> None:
        """Run the pending inputs. An error is raised by their tickets, not here."""
        waiting, self._waiting = self._waiting, []
        while waiting:
            part = waiting[: self.batch_size]
            try:
                vectors = self._encode([item for _, item in part])
            except Exception as error:
                if is_out_of_memory(error) and len(part) > 1:
                    self.batch_size = max(1, len(part) // 2)
                    free_device_memory()
                    continue
                if is_out_of_memory(error):
                    error = EngineError(
                        "The device has too little memory for a single picture.",
                        remedy="Close what else uses it, or set the device to cpu.",
                    )
                vectors = None
                failure: Exception | None = error
            else:
                failure = None
            for index, (ticket, _) in enumerate(part):
                ticket.settle(None if vectors is None else vectors[index], failure)
            waiting = waiting[len(part) :]
