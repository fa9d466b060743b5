"""Finds a clip's place in a view and its neighbours, for a page that steps from clip to clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.library.order import ViewOrder
    from storage.library.rows import LibraryRow
    from storage.library.store import LibraryStore
    from storage.library.view import ClipView

__all__ = ["Around", "around"]


@dataclass(frozen=True, kw_only=True)
class Around:
    """A clip among its neighbours: `clips` are those from place `first` on, in the order named by `version`."""

    version: str
    total: int
    place: int
    """Where the clip stands, from 0."""
    first: int
    clips: Sequence[LibraryRow]
    """Clips that were deleted since the order was made are left out."""


def around(library: LibraryStore, view: ClipView, clip_id: str, *, each_side: int, version: str = "") -> Around | None:
    """A clip with so many neighbours on each side of it; None where the view does not hold it.

    `version` names an order that was shown before: a clip that was dropped in a view of undecided ones keeps its place
    as long as somebody steps through them. Where that order is not known any more, or lacks the clip, today's holds.
    """
    order: ViewOrder | None = library.order_named(view, version) if version else None
    place = order.place(clip_id) if order is not None else None
    if order is None or place is None:
        order = library.order(view)
        place = order.place(clip_id)
    if place is None:
        return None
    first = max(0, place - each_side)
    clips = library.shown(order.part(first, place + each_side + 1 - first))
    return Around(version=order.version, total=len(order), place=place, first=first, clips=clips)
