"""The moves that tasks are made of (reach, grasp, carry, let go, …), first in usual time, then fitted to an episode.

Usual time is that of a person with pace 1. A task is written down in it, hand by hand; `fit` then brings it to the
person's pace. Where the episode is a little too short for it, the hands hurry; where it is shorter still, they do not
return to rest; and where that is not enough, they hurry as they must.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.sample import poses
from engine.sample.camera import VIEW_CENTRE, glance
from engine.sample.events import SIDE_NAMES, SIDES
from engine.sample.motion import Carry
from engine.sample.work import Action, Contact, Transport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.events import Plan
    from engine.sample.table_state import TableState
    from engine.sample.work import Outcome, Task

__all__ = ["Handling"]

_BASE_S: Final = 0.32
_PER_METRE_S: Final = 1.6
"""A move over d metres takes 0.32 s + 1.6 s · d: a reach of 0.3 m takes 0.8 s and peaks at 0.7 m/s, as people's do."""
_CLOSE_S: Final = 0.22
_OPEN_S: Final = 0.17
_EDGE_S: Final = 0.03
"""At both ends of an episode, nothing moves for this long."""
_HURRY: Final = 1.25
"""How much faster than at their pace people move to be done in time, before they leave out the way back."""


@dataclass(frozen=True, kw_only=True)
class _Step:
    hand: int
    start: float
    end: float
    pose: NDArray[Any]
    lift_m: float
    returns: bool


@dataclass(kw_only=True)
class _Held:
    """A contact or, with a `to`, a transport, in usual time."""

    hand: int
    item: int | None
    start: float
    end: float = 0.0
    frm: NDArray[Any] | None = None
    to: NDArray[Any] | None = None
    way_m: float = 0.0


@dataclass(kw_only=True)
class Handling:
    """A task as it is written down: the moves of both hands in usual time, and what they do to the objects."""

    table: TableState
    plan: Plan
    rng: np.random.Generator
    clock: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Of each hand, in usual seconds."""
    now: list[NDArray[Any]] = field(init=False)
    """The pose of each hand after its last move."""
    eyes: float = 1.0
    """How far the gaze follows a hand: less where two hands work apart, which the wearer keeps both in view."""
    tried: int = 0
    failed: int = 0
    strokes: int = 0
    stroked_m: float = 0.0
    reach_m: float = 0.0
    _steps: list[_Step] = field(default_factory=list)
    _carried: list[_Held] = field(default_factory=list)
    _touched: list[_Held] = field(default_factory=list)
    _glances: list[tuple[float, float, NDArray[Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = [path.last for path in self.plan.paths]

    # Moves

    def move(
        self, hand: int, pose: NDArray[Any], seconds: float | None = None, lift_m: float = 0.0, *, returns: bool = False
    ) -> None:
        """Move a hand to a pose; without `seconds`, in the usual time for the distance."""
        if seconds is None:
            seconds = _BASE_S + _PER_METRE_S * float(np.linalg.norm(pose[:3] - self.now[hand][:3]))
        start = self.clock[hand]
        self.clock[hand] = start + seconds
        step = _Step(hand=hand, start=start, end=start + seconds, pose=pose, lift_m=lift_m, returns=returns)
        self._steps.append(step)
        self.now[hand] = pose

    def wait(self, hand: int, seconds: float) -> None:
        """Let a hand stay where it is."""
        self.clock[hand] += seconds

    def meet(self) -> None:
        """Let the hand that is ahead wait for the other."""
        self.clock = [max(self.clock)] * 2

    def glance(self, hand: int, at: NDArray[Any], move_s: float = 0.5) -> None:
        """Look towards a point, (3,), when the hand has come this far."""
        middle = np.array(VIEW_CENTRE)
        self._glances.append((self.clock[hand], move_s, middle + (at - middle) * self.eyes))

    # Objects

    def grasp(self, hand: int, item: int, *, closed: bool, **how: float) -> NDArray[Any]:
        """The pose round an item where it stands now; `how` as in `poses.grasp`."""
        thing, spot = self.table.items[item], self.table.where[item]
        return poses.grasp(thing, spot, SIDES[hand], self.plan.palm_length_m, closed=closed, **how)

    def reach(self, hand: int, item: int, **how: float) -> None:
        """Bring the open hand round an item, eyes first."""
        self.glance(hand, self.table.where[item])
        self.reach_to(hand, self.grasp(hand, item, closed=False, **how))

    def reach_to(self, hand: int, pose: NDArray[Any]) -> None:
        """Bring the hand to a pose from where it is, over what stands between."""
        self.reach_m = max(self.reach_m, float(np.linalg.norm(pose[:3] - self.now[hand][:3])))
        self.move(hand, pose, lift_m=0.035)

    def slip(self, hand: int, item: int) -> None:
        """A grasp that closes beside the item, rises without it, and opens again: the item stays."""
        rng = self.rng
        off = np.zeros(9)
        off[0] = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.020, 0.036))
        off[1], off[2] = float(rng.uniform(-0.035, -0.010)), float(rng.uniform(0.006, 0.018))
        shut = self.grasp(hand, item, closed=True) + off
        self.move(hand, shut, _CLOSE_S)
        rise = shut.copy()
        rise[:3] += np.array([0.0, float(rng.uniform(-0.025, 0.0)), float(rng.uniform(0.04, 0.07))])
        self.move(hand, rise, 0.30)
        self.move(hand, self.grasp(hand, item, closed=False), 0.30)
        self.tried += 1
        self.failed += 1

    def close(self, hand: int, item: int, **how: float) -> None:
        """A grasp that holds."""
        self.move(hand, self.grasp(hand, item, closed=True, **how), _CLOSE_S)
        self.tried += 1
        self.touch(hand, item)

    def lift(self, hand: int, item: int) -> None:
        """From here on the item moves with the hand."""
        here = self.table.where[item]
        self._carried.append(_Held(hand=hand, item=item, start=self.clock[hand], frm=here))

    def carry(self, hand: int, item: int, goal: NDArray[Any], turn: float = 0.0, lift_m: float = 0.07) -> None:
        """Carry the held item until its base is at `goal`; `turn` adds to the hand's yaw, which it does not feel."""
        here = self.table.where[item]
        pose = self.now[hand].copy()
        pose[:3] += goal - here
        pose[3] = poses.usual_yaw(SIDES[hand], goal) + turn
        self.move(hand, pose, lift_m=lift_m)
        self._carried[-1].way_m += float(np.linalg.norm(goal - here))
        self.table.where[item] = goal

    def slide(self, hand: int, item: int, pose: NDArray[Any], seconds: float) -> None:
        """Push the held item over the table, flat under the hand."""
        by = pose[:3] - self.now[hand][:3]
        self.move(hand, pose, seconds)
        self._carried[-1].way_m += float(np.linalg.norm(by))
        self.table.where[item] = self.table.where[item] + by

    def put(self, hand: int, slot: int | None = None, on: int | None = None) -> None:
        """End the transport: the item stands where it is, on a slot or on another item if named."""
        held = self._carried[-1]
        assert held.item is not None  # noqa: S101
        held.end, held.to = self.clock[hand], self.table.where[held.item]
        self.table.moved(held.item, held.to, slot, on)

    def touch(self, hand: int, item: int | None) -> None:
        """From here on the hand holds, steadies or turns the item, or lies on the table."""
        self._touched.append(_Held(hand=hand, item=item, start=self.clock[hand]))

    def let_go(self, hand: int) -> None:
        """End the hand's contact and open it."""
        held = next(h for h in reversed(self._touched) if h.hand == hand)
        held.end = self.clock[hand]
        self.move(hand, poses.opened(self.now[hand]), _OPEN_S)

    def back(self, hand: int) -> None:
        """Return to rest, where the episode is long enough."""
        self.move(hand, poses.rest(SIDES[hand], self.rng), lift_m=0.02, returns=True)

    # The episode

    def fit(self, task: Task, outcome: Outcome, window: tuple[float, float], pace: float, late: float) -> Action:
        """Put the moves into the plan within a window `[start_s, end_s)`, at a pace; what they do.

        `late` is the share of the spare time that passes before the first.
        """
        start_s, end_s = window
        available = end_s - start_s - 2 * _EDGE_S
        steps = self._steps
        total = max(step.end for step in steps)
        if total / pace > available * _HURRY:
            steps = [step for step in steps if not step.returns]
            total = max(step.end for step in steps)
        rate = max(pace, total / available)
        begin = start_s + _EDGE_S + late * (available - total / rate)

        def at(clock: float) -> float:
            return round(begin + clock / rate, 3)

        for step in steps:
            self.plan.paths[step.hand].go(at(step.start), at(step.end), step.pose, step.lift_m)
        transports = tuple(self._transport(held, at(held.start), at(held.end)) for held in self._carried)
        for held, t in zip(self._carried, transports, strict=True):
            self.plan.carries.append(Carry(t.start_s, t.end_s, held.hand, t.item))
        looks = sorted(self._glances, key=lambda look: look[0])
        self.plan.gazes.extend(glance(at(clock), move_s, point) for clock, move_s, point in looks if clock <= total)
        return Action(
            task=task,
            outcome=outcome,
            hands=tuple(SIDE_NAMES[h] for h in sorted({step.hand for step in steps})),
            transports=transports,
            contacts=tuple(self._contact(held, at(held.start), at(held.end)) for held in self._touched),
            grasps_tried=self.tried,
            grasps_failed=self.failed,
            strokes=self.strokes,
            stroked_m=self.stroked_m,
            reach_m=self.reach_m,
            busy_s=at(total) - at(0.0),
            pace=rate,
        )

    def _transport(self, held: _Held, start_s: float, end_s: float) -> Transport:
        assert held.item is not None  # noqa: S101
        assert held.frm is not None  # noqa: S101
        assert held.to is not None  # noqa: S101
        return Transport(
            hand=SIDE_NAMES[held.hand],
            item=held.item,
            thing=self.table.items[held.item].kind,
            start_s=start_s,
            end_s=end_s,
            from_m=_point(held.frm),
            to_m=_point(held.to),
            way_m=held.way_m,
        )

    def _contact(self, held: _Held, start_s: float, end_s: float) -> Contact:
        thing = "table" if held.item is None else self.table.items[held.item].kind
        return Contact(hand=SIDE_NAMES[held.hand], item=held.item, thing=thing, start_s=start_s, end_s=end_s)


def _point(at: NDArray[Any]) -> tuple[float, float, float]:
    return (float(at[0]), float(at[1]), float(at[2]))
