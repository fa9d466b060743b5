"""Fills batches of a model across clips, while each clip keeps hold of its own results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Batcher", "Ticket"]

X = TypeVar("X")


class Ticket:
    """Stands for the vector of one input until its batch has run."""

    __slots__ = ("_error", "_vector")

    def __init__(self) -> None:
        self._vector: NDArray[np.float32] | None = None
        self._error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether the batch has run, well or not."""
        return self._vector is not None or self._error is not None

    def vector(self) -> NDArray[np.float32]:
        """The vector `(d,)`. Raises what the batch raised."""
        if self._error is not None:
            raise self._error
        if self._vector is None:
            raise RuntimeError("the batch has not run yet")
        return self._vector

    def settle(self, vector: NDArray[np.float32] | None, error: Exception | None = None) -> None:
        """The batch has run."""
        self._vector, self._error = vector, error


class Batcher(Generic[X]):
    """Runs `encode` on `batch_size` inputs at once. When the device's memory does not suffice, on half as many."""

    def __init__(self, encode: Callable[[Sequence[X]], NDArray[np.float32]], batch_size: int) -> None:
        self._encode = encode
        self.batch_size = batch_size
        self._waiting: list[tuple[Ticket, X]] = []

    def add(self, item: X) -> Ticket:
        """Put an input into the batch; runs the batch when that fills it."""
        ticket = Ticket()
        self._waiting.append((ticket, item))
        if len(self._waiting) >= self.batch_size:
            self.run()
        return ticket

    def run(self) -> None:
        """Run what waits. A failure is the tickets', not the caller's."""
        waiting, self._waiting = self._waiting, []
        while waiting:
            part = waiting[: self.batch_size]
            try:
                vectors = self._encode([item for _, item in part])
            except Exception as error:
                if is_out_of_memory(error) and len(part) > 1:
                    self.batch_size = max(1, len(part) // 2)
                    free_memory()
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


def is_out_of_memory(error: Exception) -> bool:
    """Whether a model failed for want of device memory; each backend says it in its own way."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return "OutOfMemoryError" in names or (isinstance(error, RuntimeError) and "out of memory" in str(error).lower())


def free_memory() -> None:
    """Give back what torch keeps for later."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
