"""A cache for work that several extractors or overlapping clips need on the same frames."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Shared"]

T = TypeVar("T")


class Shared:
    """A small cache of results, one for each video that is read. Thread-safe.

    The result of `make` must depend on the key alone (frames of this video are named by their time), so that it does
    not matter which extractor asked first.
    """

    def __init__(self, capacity: int = 512) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._results: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of `make()`, from the cache where it was made recently. Raises what `make` raises."""
        with self._lock:
            future = self._results.get(key)
            mine = future is None
            if future is None:
                future = self._results[key] = Future()
                while len(self._results) > self._capacity:
                    self._results.popitem(last=False)
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
                raise
        return cast("T", future.result())
