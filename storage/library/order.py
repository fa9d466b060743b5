"""Keeps the clips of a view in its order in memory: a wall pages through a hundred thousand without sorting again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.library.view import ClipView

__all__ = ["OrderCache", "ViewOrder"]

MOST_KEPT = 12
MOST_PLACES = 4_000_000
"""Clips of all kept orders together: a million take about 45 MB. The latest order is always kept."""


@dataclass(frozen=True, eq=False)
class ViewOrder:
    """A view's clips as they were at one moment, best place first; `version` names this very order."""

    table: pa.Table
    """`clip_id`, and `sorted_by`: the number that put each clip where it is."""

    @cached_property
    def version(self) -> str:
        """The same for the same clips in the same order with the same numbers, also after a restart."""
        ids, by = self.table.column(0).combine_chunks(), self.table.column(1)
        whole = pa.ListArray.from_arrays(pa.array([0, len(ids)], pa.int32()), ids)
        digest = hashlib.sha256(pc.binary_join(whole, "\0")[0].as_buffer())
        digest.update(by.fill_null(float("nan")).to_numpy().tobytes())
        return digest.hexdigest()[:16]

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def part(self, first: int, count: int) -> list[tuple[str, float | None]]:
        """Clips from place `first` on, each with the number that put it there."""
        part = self.table.slice(first, count)
        return list(zip(part.column(0).to_pylist(), part.column(1).to_pylist(), strict=True))

    def ids(self, places: Iterable[tuple[int, int]]) -> list[str]:
        """The clips at these places, each `(first, last)` with both ends; what lies beyond the end is left out."""
        found: list[str] = []
        for first, last in places:
            if 0 <= first <= last:
                found += self.table.column(0).slice(first, last - first + 1).to_pylist()
        return found

    def place(self, clip_id: str) -> int | None:
        """Where a clip stands, from 0; None where the view does not hold it."""
        found = int(pc.index(self.table.column(0), clip_id).as_py())
        return found if found >= 0 else None

    def places(self, clip_ids: Sequence[str]) -> list[tuple[int, int]]:
        """Where these clips stand, neighbours together as `(first, last)`; those that are gone are left out."""
        wanted = set(clip_ids)
        found = (n for n, clip_id in enumerate(self.table.column(0).to_pylist()) if clip_id in wanted)
        joined: list[tuple[int, int]] = []
        for place in found:
            if joined and joined[-1][1] == place - 1:
                joined[-1] = (joined[-1][0], place)
            else:
                joined.append((place, place))
        return joined


class OrderCache:
    """The orders that were looked at last. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: OrderedDict[ClipView, tuple[int, ViewOrder]] = OrderedDict()
        self._named: OrderedDict[tuple[ClipView, str], ViewOrder] = OrderedDict()

    def current(self, view: ClipView, changes: int, make: Callable[[], pa.Table]) -> ViewOrder:
        """The view's order, made again where something was written since `changes` was lower."""
        with self._lock:
            known = self._latest.get(view)
            if known is not None and known[0] == changes:
                self._latest.move_to_end(view)
                return known[1]
        order = ViewOrder(make())
        with self._lock:
            # The same order as before stays the same object: what is asked by its name finds it once.
            order = self._named.setdefault((view, order.version), order)
            self._named.move_to_end((view, order.version))
            self._latest[view] = (changes, order)
            self._latest.move_to_end(view)
            self._forget_oldest()
        return order

    def _forget_oldest(self) -> None:
        while len(self._latest) > MOST_KEPT:
            self._latest.popitem(last=False)
        while len(self._named) > MOST_KEPT or (
            len(self._named) > 1 and sum(len(order) for order in self._named.values()) > MOST_PLACES
        ):
            _, gone = self._named.popitem(last=False)
            for view in [view for view, (_, order) in self._latest.items() if order is gone]:
                del self._latest[view]

    def named(self, view: ClipView, version: str) -> ViewOrder | None:
        """An order that was shown before, by its version, while it is kept."""
        with self._lock:
            return self._named.get((view, version))
