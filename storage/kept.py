"""Keeps what was read until something is written that it came from."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Kept"]

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The values that were used last, at most so many, each as of a count of writes. Threads share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[int, Value]] = OrderedDict()

    def get(self, key: Hashable, changes: int, read: Callable[[], Value]) -> Value:
        """The kept value where it is of this count of writes, else a newly read one.

        `changes` must be counted before reading: what is written meanwhile makes the value be read again.
        """
        with self._lock:
            known = self._values.get(key)
            if known is not None and known[0] == changes:
                self._values.move_to_end(key)
                return known[1]
        value = read()
        with self._lock:
            self._values[key] = (changes, value)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
