"""Plans the events of a video: turns a script's episodes into hand moves, carried objects and glances.

The task is always the same, so that it can be learned from few clips: objects lie to the left and right, each hand
brings those on its own side to the board in the middle, and takes them back once none is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.sample import hands
from engine.sample.camera import Gaze
from engine.sample.items import BOARD_TOP_M, Item, board_slots, lay_out
from engine.sample.motion import Carry, HandPath
from engine.sample.seeds import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.types import Episode, VideoScript

__all__ = ["Plan", "plan"]

SIDES: Final = (-1, 1)
_CENTRE: Final = (0.0, 0.255, 0.0)


@dataclass(kw_only=True)
class Plan:
    """All motion in a video: hands, objects and gaze."""

    items: list[Item]
    paths: tuple[HandPath, HandPath]
    carries: list[Carry]
    gazes: list[Gaze]
    palm_length_m: float

    def item_at(self, item: int, time_s: float) -> NDArray[Any]:
        """The position of an item's base, (3,) in metres."""
        where = self.items[item].place
        for c in self.carries:
            if c.item == item and time_s > c.start_s:
                path = self.paths[c.hand]
                now = path.at(time_s) if time_s < c.end_s else path.planned(c.end_s)
                where = where + now[:3] - path.planned(c.start_s)[:3]
        return where

    def held(self, item: int, time_s: float) -> bool:
        """Whether a hand holds the item."""
        return any(c.item == item and c.start_s < time_s < c.end_s for c in self.carries)


def plan(script: VideoScript) -> Plan:
    """The plan of a script, from its seed alone."""
    maker = _Planner(script)
    for (start_s, end_s), episode in zip(script.windows(), script.episodes, strict=True):
        maker.add(episode, start_s, end_s)
    return maker.plan


def _rest(side: int, rng: np.random.Generator, nudge: float = 1.0) -> NDArray[Any]:
    x, y = side * (0.150 + nudge * rng.normal(0, 0.010)), 0.105 + nudge * rng.normal(0, 0.010)
    return hands.pose(
        (x, y, 0.035),
        yaw=0.12 + 0.06 * rng.normal(),
        pitch=0.04,
        curl=0.12 + 0.05 * rng.random(),
        pinch=0.2,
        spread=0.45,
    )


def _away(side: int) -> NDArray[Any]:
    return hands.pose((side * 0.30, -0.42, 0.03), yaw=0.05, curl=0.2)


class _Planner:
    """Appends episodes to a plan, and tracks where the objects are."""

    def __init__(self, script: VideoScript) -> None:
        self.script = script
        person = script.person
        rng = generator(script.seed, script.index, "plan")
        self.rng = rng
        self.items = lay_out(script.scene, generator(script.seed, script.index, "items"))
        away = script.episodes[0].kind == "out_of_view"
        paths = [
            HandPath(_away(s) if away else _rest(s, rng), person.tremor_m, rng.uniform(0, 2 * np.pi, (3, 3)))
            for s in SIDES
        ]
        self.plan = Plan(
            items=self.items,
            paths=(paths[0], paths[1]),
            carries=[],
            gazes=[Gaze(0.0, 1.0, _CENTRE)],
            palm_length_m=person.palm_length_m,
        )
        self.on_board: dict[int, int] = {}  # item → slot
        self.slots = board_slots()
        self.strength = 1 if person.right_handed else 0

    def add(self, episode: Episode, start_s: float, end_s: float) -> None:
        """Append an episode."""
        if episode.kind == "purposeful":
            self._purposeful(episode, start_s, end_s)
        elif episode.kind == "fumbling":
            self._fumbling(start_s, end_s)
        elif episode.kind == "out_of_view":
            self._out_of_view(start_s, end_s)
        else:
            self._idle(start_s, end_s)
            if episode.kind == "looking_away":
                self._look_away(start_s, end_s)

    # Hands

    def _choose(self, hand: int) -> tuple[int, int | None]:
        """The item to move and its target slot; None returns it to its initial place."""
        side = SIDES[hand]
        free = [s for s in range(len(self.slots)) if s not in self.on_board.values()]
        mine = [i for i, item in enumerate(self.items) if item.place[0] * side > 0]
        off = [i for i in mine if i not in self.on_board]
        if off and free:
            near = min(off, key=lambda i: (float(self.items[i].place[1]), i))
            slot = min(free, key=lambda s: (-side * float(self.slots[s][0]), float(-self.slots[s][1]), s))
            return near, slot
        return (next(i for i in mine if i in self.on_board), None) if mine else (0, None)

    def _grasp(self, hand: int, item: int, spot: NDArray[Any], closed: bool) -> NDArray[Any]:
        """The pose that holds (or is about to hold) an item whose base stands at `spot`."""
        side, thing = SIDES[hand], self.items[item]
        grip = spot + np.array([0.0, 0.0, thing.grip_height_m])
        yaw = 0.30 - 1.5 * side * float(spot[0])
        wide = min(max(thing.grip_radius_m / 0.045, 0.35), 1.1)
        curl, pinch = (0.42 - 0.20 * wide, 0.72 - 0.42 * wide) if closed else (0.08, 0.08)
        guess = hands.pose((0, 0, 0), yaw=yaw, pitch=-0.02, roll=0.12, curl=curl, pinch=pinch, spread=0.35)
        closed_guess = guess.copy()
        closed_guess[6:8] = (0.42 - 0.20 * wide, 0.72 - 0.42 * wide)
        guess[:3] = grip - hands.grip_point(hands.landmarks(closed_guess, side, self.script.person.palm_length_m))
        guess[2] = max(guess[2], 0.045)
        if not closed:
            guess[2] += 0.012
        return guess

    def _purposeful(self, episode: Episode, start_s: float, end_s: float) -> None:
        rng, duration = self.rng, end_s - start_s
        hand = self.strength if rng.random() < 0.68 else 1 - self.strength
        if not any(i.place[0] * SIDES[hand] > 0 for i in self.items):
            hand = 1 - hand
        item, slot = self._choose(hand)
        path, side = self.plan.paths[hand], SIDES[hand]
        here = self.plan.item_at(item, start_s)
        goal = self._goal(item, slot)
        stretch = 1.0 / max(self.script.person.pace, 0.6)
        cuts = np.array([0.02, 0.27, 0.35, 0.64, 0.70, 0.95]) + rng.normal(0, 0.012, 6)
        cuts = np.clip(start_s + duration * np.minimum(cuts * (0.55 + 0.45 * stretch), 0.97), start_s, end_s - 0.02)
        cuts = np.sort(np.round(cuts * 1000) / 1000)
        t = [float(c) for c in cuts]
        path.go(t[0], t[1], self._grasp(hand, item, here, closed=False), 0.035)
        closed = self._grasp(hand, item, here, closed=True)
        path.go(t[1], t[2], closed)
        placed = self._grasp(hand, item, goal, closed=True)
        placed[:3] = closed[:3] + (goal - here)
        if episode.outcome == "returned":
            middle = placed.copy()
            middle[:3] = closed[:3] + (goal - here) * 0.55 + np.array([0.0, 0.0, 0.05])
            turn = (t[2] + t[3]) / 2
            path.go(t[2], turn, middle, 0.02)
            path.go(turn, t[3], closed, 0.02)
            placed = closed
        else:
            path.go(t[2], t[3], placed, 0.07)
            if slot is None:
                del self.on_board[item]
            else:
                self.on_board[item] = slot
        self.plan.carries.append(Carry(t[2], t[3], hand, item))
        opened = placed.copy()
        opened[6:8] = 0.10
        opened[2] += 0.015
        path.go(t[3], t[4], opened)
        path.go(t[4], t[5], _rest(side, rng), 0.02)
        self._rest_other(1 - hand, start_s, end_s)
        back = 0.4 if episode.outcome == "returned" else 1.0
        self._glance(start_s, 0.5, here)
        self._glance((t[1] + t[2]) / 2, 0.5, here + (goal - here) * back)
        self._glance(t[4], 0.6, np.array(_CENTRE))

    def _goal(self, item: int, slot: int | None) -> NDArray[Any]:
        if slot is None:
            return self.items[item].place
        return np.array([*self.slots[slot], BOARD_TOP_M])

    def _fumbling(self, start_s: float, end_s: float) -> None:
        """Short jerky sub-movements round an item that is never held: over- and undershoot, grasping at air."""
        rng = self.rng
        hand = self.strength if rng.random() < 0.68 else 1 - self.strength
        item, _ = self._choose(hand)
        here = self.plan.item_at(item, start_s)
        path, side = self.plan.paths[hand], SIDES[hand]
        if float(here[0]) * side < -0.05:
            here = here * np.array([-1.0, 1.0, 1.0])
        time_s, last = start_s + 0.05, end_s - 0.50
        while time_s < last - 0.12:
            closed = bool(rng.random() < 0.45)
            aim = self._grasp(hand, item, here, closed=closed)
            off = rng.normal(0, 1, 3) * np.array([0.055, 0.05, 0.012])
            aim[:3] += off + np.array([0.0, 0.0, 0.03])
            aim[3:6] += rng.normal(0, 0.13, 3) * np.array([1.0, 0.6, 0.6])
            until = min(time_s + float(rng.uniform(0.16, 0.34)), last)
            path.go(round(time_s, 3), round(until, 3), aim, float(rng.uniform(0, 0.015)))
            time_s = until + float(rng.uniform(0.0, 0.08))
        path.go(round(last, 3), end_s - 0.02, _rest(side, rng), 0.01)
        self._rest_other(1 - hand, start_s, end_s)
        self._glance(start_s, 0.4, here)
        self._glance(last, 0.5, np.array(_CENTRE))

    def _idle(self, start_s: float, end_s: float) -> None:
        for hand in (0, 1):
            self._rest_other(hand, start_s, end_s)

    def _rest_other(self, hand: int, start_s: float, end_s: float) -> None:
        """Rest: return if away, then small shifts and an occasional finger movement."""
        path, side, rng = self.plan.paths[hand], SIDES[hand], self.rng
        time_s = start_s
        if path.last[1] < 0:
            time_s = start_s + min(0.6, (end_s - start_s) / 2)
            path.go(start_s, time_s, _rest(side, rng))
        while time_s < end_s - 0.5:
            until = min(time_s + float(rng.uniform(0.8, 1.4)), end_s)
            target = path.last.copy()
            target[:3] += rng.normal(0, 0.0022, 3) * np.array([1, 1, 0.3])
            target[6] = np.clip(target[6] + rng.normal(0, 0.03), 0.05, 0.25)
            path.go(time_s, until, target)
            time_s = until

    def _out_of_view(self, start_s: float, end_s: float) -> None:
        for hand in (0, 1):
            path = self.plan.paths[hand]
            if path.last[1] > 0:
                path.go(start_s, min(start_s + 0.5, end_s), _away(SIDES[hand]))
        spot = self.rng.normal(0, 1, 2) * np.array([0.06, 0.03])
        self._glance(start_s + 0.3, 1.0, np.array([spot[0], 0.27 + spot[1], 0.0]))

    # Gaze

    def _glance(self, start_s: float, move_s: float, at: NDArray[Any]) -> None:
        """Look part of the way towards a point: the head turns less than the eyes."""
        x = _CENTRE[0] + 0.42 * (float(at[0]) - _CENTRE[0])
        y = _CENTRE[1] + 0.30 * (float(at[1]) - _CENTRE[1])
        self.plan.gazes.append(Gaze(start_s, move_s, (x, y, 0.0)))

    def _look_away(self, start_s: float, end_s: float) -> None:
        rng = self.rng
        side = 1.0 if rng.random() < 0.5 else -1.0
        far = (side * float(rng.uniform(0.55, 0.85)), float(rng.uniform(0.9, 1.2)), float(rng.uniform(0.05, 0.2)))
        self.plan.gazes.append(Gaze(start_s, min(0.7, (end_s - start_s) / 3), far))
        middle = (start_s + end_s) / 2
        self.plan.gazes.append(Gaze(middle, 0.9, (far[0] * float(rng.uniform(0.6, 1.0)), far[1], far[2])))
        self.plan.gazes.append(Gaze(end_s - 0.45, 0.45, _CENTRE))
