"""Where everything stands while a plan is being made, and what a hand may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.sample.items import BOARD_CENTRE, BOARD_HALF, BOARD_TOP_M, board_slots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.items import Item

__all__ = ["CLOTH", "TableState"]

CLOTH: Final = "cloth"
_FLAT_TOPS: Final = ("tin", "jar", "block")
_VESSELS: Final = ("mug", "tin", "jar")
_ACROSS_M: Final = 0.14
"""How far beyond the middle a hand takes things."""


class TableState:
    """Where everything stands between two moves of a plan."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.where = [item.place for item in items]
        self.on_board: dict[int, int] = {}
        """Item → its slot."""
        self.below: dict[int, int] = {}
        """Item → the item that it stands on."""

    def moved(self, item: int, to: NDArray[Any], slot: int | None = None, on: int | None = None) -> None:
        """Note that an item now stands at `to` (3,): on a slot of the board, on another item, or on the table."""
        self.where[item] = to
        for known, place in ((self.on_board, slot), (self.below, on)):
            known.pop(item, None)
            if place is not None:
                known[item] = place

    def slot_at(self, slot: int) -> NDArray[Any]:
        """Where the base of an item on a slot stands, (3,)."""
        return np.array([*board_slots()[slot], BOARD_TOP_M])

    def free_slot(self, side: int) -> int | None:
        """The next slot to fill, seen from a hand's side; None where the board is full."""
        slots = board_slots()
        free = [s for s in range(len(slots)) if s not in self.on_board.values()]
        return min(free, key=lambda s: (-side * float(slots[s][0]), s), default=None)

    def loose(self, side: int) -> list[int]:
        """Items on a hand's side, off the board, with nothing on them."""
        return [i for i in self._free() if i not in self.on_board and self.where[i][0] * side > 0]

    def placed(self, side: int) -> list[int]:
        """Items on the board that came from a hand's side."""
        return [i for i in self._free() if i in self.on_board and self.items[i].place[0] * side > 0]

    def vessels(self, side: int) -> list[int]:
        """What a hand may pour from."""
        return [i for i in self._within(side) if self.items[i].kind in _VESSELS]

    def bowls(self, side: int) -> list[int]:
        """What a hand may pour into."""
        return [i for i in self._within(side) if self.items[i].kind == "bowl"]

    def jars(self, side: int) -> list[int]:
        """What a hand may hold while the other opens it."""
        return [i for i in self._within(side) if self.items[i].kind == "jar" and i not in self.below]

    def supports(self, side: int, item: int) -> list[int]:
        """What `item` may be put onto: flat on top, wide enough, and itself on the table or the board."""
        radius_m = self.items[item].radius_m
        return [
            i
            for i in self._within(side)
            if i != item
            and self.items[i].kind in _FLAT_TOPS
            and i not in self.below
            and radius_m < 1.4 * self.items[i].radius_m
        ]

    def stackable(self, side: int) -> list[int]:
        """What a hand may put onto something else."""
        return [i for i in self._within(side) if self.items[i].kind != "fruit"]

    def clear(self, spot: NDArray[Any], radius_m: float, but: int | None = None) -> bool:
        """Whether nothing but the item `but` stands within `radius_m` of a spot on the table, the board included."""
        half = np.array(BOARD_HALF) + radius_m
        if bool((np.abs(spot[:2] - np.array(BOARD_CENTRE)) < half).all()):
            return False
        return all(
            i == but
            or item.kind == CLOTH
            or float(np.hypot(*(spot - self.where[i])[:2])) > radius_m + item.radius_m + 0.008
            for i, item in enumerate(self.items)
        )

    def cloth(self) -> int | None:
        """The cloth, where there is one."""
        return next((i for i, item in enumerate(self.items) if item.kind == CLOTH), None)

    def _free(self) -> list[int]:
        return [i for i, item in enumerate(self.items) if item.kind != CLOTH and i not in self.below.values()]

    def _within(self, side: int) -> list[int]:
        return [i for i in self._free() if self.where[i][0] * side > -_ACROSS_M]
