"""All motion in a video: hands, carried objects, gaze, and what each episode did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from engine.sample import hands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.camera import Gaze
    from engine.sample.items import Item
    from engine.sample.motion import Carry, HandPath
    from engine.sample.work import Action, Side

__all__ = ["SIDES", "SIDE_NAMES", "Plan"]

SIDES: Final = (-1, 1)
SIDE_NAMES: Final[tuple[Side, Side]] = ("left", "right")
_ROLL: Final = hands.POSE.index("roll")


@dataclass(kw_only=True)
class Plan:
    """All motion in a video: hands, objects and gaze."""

    items: list[Item]
    paths: tuple[HandPath, HandPath]
    carries: list[Carry]
    gazes: list[Gaze]
    palm_length_m: float
    actions: list[Action] = field(default_factory=list)
    """What each episode did."""

    def item_at(self, item: int, time_s: float) -> NDArray[Any]:
        """The position of an item's base, (3,) in metres. A hand that rolls swings it about the wrist."""
        where = self.items[item].place
        for c in self.carries:
            if c.item == item and time_s > c.start_s:
                path = self.paths[c.hand]
                now = path.at(time_s) if time_s < c.end_s else path.planned(c.end_s)
                start = path.planned(c.start_s)
                hang = where - start[:3]
                where = where + now[:3] - start[:3]
                turn = _turn(start, now, SIDES[c.hand])
                if turn is not None:
                    where = where + turn @ hang - hang
        return where

    def item_turn(self, item: int, time_s: float) -> NDArray[Any] | None:
        """The rotation (3, 3) of an item about its base: that of the hand's roll since it took it. None: upright."""
        for c in self.carries:
            if c.item == item and c.start_s < time_s < c.end_s:
                path = self.paths[c.hand]
                return _turn(path.planned(c.start_s), path.planned(time_s), SIDES[c.hand])
        return None

    def held(self, item: int, time_s: float) -> bool:
        """Whether a hand holds the item."""
        return any(c.item == item and c.start_s < time_s < c.end_s for c in self.carries)


def _turn(start: NDArray[Any], now: NDArray[Any], side: int) -> NDArray[Any] | None:
    """The rotation about the hand's forward axis between two poses; None where it is none."""
    if abs(now[_ROLL] - start[_ROLL]) < 1e-9:
        return None
    before = now.copy()
    before[_ROLL] = start[_ROLL]
    out: NDArray[Any] = hands.axes(now, side).T @ hands.axes(before, side)
    return out
