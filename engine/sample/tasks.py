"""The tasks of purposeful episodes, written down as moves: place, stack, pour, open, wipe.

Each function returns whether the table allows the task; if not, nothing was written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.sample import hands, poses
from engine.sample.camera import VIEW_CENTRE
from engine.sample.events import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.sample.handling import Handling
    from engine.sample.work import Outcome, Task, Work

__all__ = ["DO"]

_BEFORE_WEARER: Final = (0.055, 0.265)
"""Where a jar is opened: x on the side of the hand that holds it, and y, in metres."""
_HOLD_YAW: Final = 0.50
"""Yaw of the hand that holds a jar, in radians: it comes from its side, and keeps the jar's front free."""
_LID_TURNS: Final = (0.25, 0.75)
"""Between these angles beside its usual yaw, in radians, the other hand turns the lid."""
_POUR_ROLL: Final = -1.05
"""How far a hand rolls inwards to pour, in radians."""


def place(h: Handling, work: Work, outcome: Outcome, hand: int) -> bool:
    """Bring objects from the hand's side to the board, or take one back where none is left.

    With two hands each brings one of its own side, the second a little later.
    """
    order = [hand, 1 - hand] if work.two_handed else [hand] * work.transports
    order = [k for k in order if _choice(h, k, work.reach) is not None]
    if not order:
        return False
    if len(set(order)) == 2:
        h.eyes = 0.25
    for number, k in enumerate(order):
        choice = _choice(h, k, work.reach)
        if choice is None:
            break
        if work.two_handed and number:
            h.wait(k, float(h.rng.uniform(0.1, 0.5)))
        _bring(h, work, outcome, k, choice, failed=0 if number else work.failed_grasps)
    for k in dict.fromkeys(order):
        _done(h, k)
    return True


def _choice(h: Handling, hand: int, reach: float) -> tuple[int, int | None] | None:
    """The item to place and its slot; None in the slot's place takes it back to where it was at first."""
    side = SIDES[hand]
    loose, slot = h.table.loose(side), h.table.free_slot(side)
    if loose and slot is not None:
        return _pick(h, hand, loose, reach), slot
    placed = h.table.placed(side)
    return (placed[0], None) if placed else None


def _pick(h: Handling, hand: int, items: list[int], reach: float) -> int:
    """The item at the share `reach` of the way from the nearest to the farthest."""
    near = sorted(items, key=lambda i: (float(np.hypot(*(h.table.where[i] - h.now[hand][:3])[:2])), i))
    return near[round(reach * (len(near) - 1))]


def _take(h: Handling, hand: int, item: int, outcome: Outcome, failed: int, **how: float) -> bool:
    """Reach for an item and grasp it; False where no grasp holds."""
    h.reach(hand, item, **how)
    for _ in range(max(failed, 1) if outcome == "failed" else failed):
        h.slip(hand, item)
    if outcome == "failed":
        return False
    h.close(hand, item, **how)
    return True


def _bring(
    h: Handling, work: Work, outcome: Outcome, hand: int, choice: tuple[int, int | None], failed: int
) -> None:  # fmt: skip
    item, slot = choice
    if not _take(h, hand, item, outcome, failed):
        return
    here = h.table.where[item]
    goal = h.table.items[item].place if slot is None else h.table.slot_at(slot)
    shifted = _shifted(h, item, here, goal, work.travel)
    if shifted is not None:
        goal, slot = shifted, None
    h.glance(hand, goal)
    h.lift(hand, item)
    if outcome == "returned":
        h.carry(hand, item, here + (goal - here) * 0.55 + np.array([0.0, 0.0, 0.05]), lift_m=0.02)
        h.carry(hand, item, here, lift_m=0.02)
        goal, slot = here, h.table.on_board.get(item)
    else:
        h.carry(hand, item, goal)
    h.put(hand, slot)
    h.let_go(hand)


def _shifted(h: Handling, item: int, here: NDArray[Any], goal: NDArray[Any], travel: float) -> NDArray[Any] | None:
    """Where an object that goes only part of its way comes to stand; None where there is no room, or it goes all."""
    if travel >= 1 or item in h.table.on_board:
        return None
    for share in (travel, travel / 2, travel / 4):
        spot: NDArray[Any] = here + (goal - here) * share
        spot[2] = 0.0
        if h.table.clear(spot, h.table.items[item].radius_m, but=item):
            return spot
    return None


def _done(h: Handling, hand: int) -> None:
    h.glance(hand, np.array(VIEW_CENTRE), 0.6)
    h.back(hand)


def stack(h: Handling, work: Work, outcome: Outcome, hand: int) -> bool:
    """Put one object on another that is flat on top."""
    side = SIDES[hand]
    pairs = {
        i: below for i in h.table.stackable(side) if i not in h.table.below and (below := h.table.supports(side, i))
    }
    if not pairs:
        return False
    item = _pick(h, hand, sorted(pairs), work.reach)
    base = min(pairs[item], key=lambda i: (float(np.hypot(*(h.table.where[i] - h.table.where[item])[:2])), i))
    if _take(h, hand, item, outcome, work.failed_grasps):
        goal = h.table.where[base] + np.array([0.0, 0.0, h.table.items[base].height_m])
        h.glance(hand, goal)
        h.lift(hand, item)
        h.carry(hand, item, goal)
        h.put(hand, on=base)
        h.let_go(hand)
    _done(h, hand)
    return True


def pour(h: Handling, work: Work, outcome: Outcome, hand: int) -> bool:
    """Carry a vessel over a bowl, tilt it, and put it back. With two hands the other steadies the bowl in reach."""
    side = SIDES[hand]
    vessels, bowls = h.table.vessels(side), h.table.bowls(side)
    if not vessels or not bowls:
        return False
    item = _pick(h, hand, vessels, work.reach)
    here, slot, below = h.table.where[item], h.table.on_board.get(item), h.table.below.get(item)
    bowl = min(bowls, key=lambda i: (float(np.hypot(*(h.table.where[i] - here)[:2])), i))
    steady = work.two_handed and outcome != "failed" and -side * float(h.table.where[bowl][0]) > -0.20
    if steady:
        h.wait(1 - hand, 0.35)
        h.reach_to(1 - hand, h.grasp(1 - hand, bowl, closed=False, height=0.9))
        h.move(1 - hand, h.grasp(1 - hand, bowl, closed=True, height=0.9), 0.25)
        h.touch(1 - hand, bowl)
    if _take(h, hand, item, outcome, work.failed_grasps):
        rim = h.table.where[bowl] + np.array([0.0, 0.0, h.table.items[bowl].height_m])
        h.glance(hand, rim)
        h.lift(hand, item)
        h.carry(hand, item, rim + np.array([side * 0.05, -0.01, 0.03]), lift_m=0.03)
        _tilt(h, hand, item, rim)
        h.carry(hand, item, here, lift_m=0.03)
        h.put(hand, slot, below)
        if steady:
            h.meet()
            h.let_go(1 - hand)
            h.back(1 - hand)
        h.let_go(hand)
    _done(h, hand)
    return True


def _tilt(h: Handling, hand: int, item: int, rim: NDArray[Any]) -> None:
    """Roll the hand inwards, so that the vessel's mouth comes over the rim, (3,); hold; roll back."""
    upright = h.now[hand].copy()
    tilted = upright.copy()
    tilted[5] += _POUR_ROLL + float(h.rng.uniform(-0.12, 0.12))
    turn = hands.axes(tilted, SIDES[hand]).T @ hands.axes(upright, SIDES[hand])
    mouth = h.table.where[item] + np.array([0.0, 0.0, h.table.items[item].height_m]) - upright[:3]
    tilted[:3] = rim + np.array([SIDES[hand] * 0.02, 0.0, 0.035]) - turn @ mouth
    h.move(hand, tilted, 0.42)
    h.wait(hand, float(h.rng.uniform(0.10, 0.25)))
    h.move(hand, upright, 0.36)
    h.strokes += 1


def open_jar(h: Handling, work: Work, outcome: Outcome, hand: int) -> bool:
    """Bring a jar before the wearer and hold it, while the other hand turns its lid by small rotations."""
    jars = h.table.jars(SIDES[hand])
    if not jars:
        return False
    item = _pick(h, hand, jars, work.reach)
    side, here = SIDES[hand], h.table.where[item]
    if not _take(h, hand, item, outcome, work.failed_grasps, height=0.50, turn=_HOLD_YAW - poses.usual_yaw(side, here)):
        _done(h, hand)
        return True
    spot = np.array([side * _BEFORE_WEARER[0], _BEFORE_WEARER[1], 0.0])
    near = abs(float(here[0])) < 0.10 and item not in h.table.on_board
    if not near and h.table.clear(spot, h.table.items[item].radius_m, but=item):
        h.glance(hand, spot)
        h.lift(hand, item)
        h.carry(hand, item, spot, turn=_HOLD_YAW - poses.usual_yaw(side, spot), lift_m=0.05)
        h.put(hand)
    _turn_lid(h, hand, item)
    h.meet()
    for k in (1 - hand, hand):
        h.let_go(k)
        _done(h, k)
    return True


def _turn_lid(h: Handling, hand: int, item: int) -> None:
    """The other hand comes when the jar does, and turns its lid two or three times."""
    other = 1 - hand
    away = h.grasp(other, item, closed=False, height=0.95, turn=_LID_TURNS[0])
    way_s = 0.7 + float(np.linalg.norm(away[:3] - h.now[other][:3]))
    h.wait(other, max(h.clock[hand] - way_s, 0.0))
    h.reach_to(other, away)
    h.clock[other] = max(h.clock[other], h.clock[hand])
    h.tried += 1
    for number in range(int(h.rng.integers(2, 4))):
        if number:
            h.move(other, h.grasp(other, item, closed=False, height=0.95, turn=_LID_TURNS[0]), 0.24)
        h.move(other, h.grasp(other, item, closed=True, height=0.95, turn=_LID_TURNS[0]), 0.14)
        if not number:
            h.touch(other, item)
        h.move(other, h.grasp(other, item, closed=True, height=0.95, turn=_LID_TURNS[1]), 0.34)
        h.strokes += 1


def wipe(h: Handling, work: Work, outcome: Outcome, hand: int) -> bool:
    """Sweep a flat hand to and fro over the table, on the cloth where there is one. With two hands both sweep."""
    cloth = h.table.cloth()
    if cloth is not None:
        hand = 1 if h.table.where[cloth][0] > 0 else 0
    centre = _open_space(h, hand)
    sweeps, half_m = int(h.rng.integers(3, 7)), float(h.rng.uniform(0.05, 0.10))
    if work.two_handed:
        half_m = min(half_m, 0.06)
    for k in [hand, 1 - hand] if work.two_handed else [hand]:
        side = SIDES[k]
        at = centre if not work.two_handed else np.array([side * 0.105, centre[1], 0.0])
        _sweep(h, k, at, half_m, sweeps, cloth if k == hand else None)
    h.strokes = sweeps
    if work.two_handed:
        h.meet()
    for k in [hand, 1 - hand] if work.two_handed else [hand]:
        h.let_go(k)
        _done(h, k)
    return True


def _open_space(h: Handling, hand: int) -> NDArray[Any]:
    side = SIDES[hand]
    spots = [np.array([side * x, y, 0.0]) for x, y in ((0.07, 0.235), (0.10, 0.225), (0.12, 0.20), (0.06, 0.185))]
    return next((s for s in spots if h.table.clear(s, 0.07)), spots[-1])


def _sweep(h: Handling, hand: int, centre: NDArray[Any], half_m: float, sweeps: int, cloth: int | None) -> None:
    side = SIDES[hand]
    yaw = 0.15 - 0.6 * side * float(centre[0])
    if cloth is not None:
        here = h.table.where[cloth]
        flat = poses.flat(here, side, yaw)
        h.glance(hand, here)
        h.reach_to(hand, flat)
        h.lift(hand, cloth)
        h.touch(hand, cloth)
    else:
        h.glance(hand, centre)
        flat = poses.flat(centre + np.array([side * half_m, 0.0, 0.0]), side, yaw)
        h.reach_to(hand, flat)
        h.touch(hand, None)
    for number in range(sweeps):
        end = centre.copy()
        end[0] += side * half_m * (-1 if number % 2 == 0 else 1)
        end[1] += 0.03 * (number / max(sweeps - 1, 1) - 0.5)
        pose = poses.flat(end, side, yaw)
        way_m = float(np.linalg.norm(pose[:3] - h.now[hand][:3]))
        h.stroked_m += way_m
        seconds = 0.20 + 1.3 * way_m
        if cloth is None:
            h.move(hand, pose, seconds)
        else:
            h.slide(hand, cloth, pose, seconds)
    if cloth is not None:
        h.put(hand)


DO: Final[dict[Task, Callable[[Handling, Work, Outcome, int], bool]]] = {
    "place": place, "stack": stack, "pour": pour, "open": open_jar, "wipe": wipe,
}  # fmt: skip
