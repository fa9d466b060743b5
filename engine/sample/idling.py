"""What hands and gaze do when nothing gets done: rest, leave the picture, fumble, look away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.sample import poses
from engine.sample.camera import VIEW_CENTRE, Gaze, glance
from engine.sample.events import SIDE_NAMES, SIDES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.sample.events import Plan
    from engine.sample.items import Item
    from engine.sample.work import Side

__all__ = ["Idling"]

_AWAY_FROM_REST_M: Final = 0.07
"""A hand farther than this from where it rests goes back first."""

_LEAST_S_PER_M: Final = 0.8
"""A hand that comes from far takes at least this long for a metre, jerky or not."""


class Idling:
    """Appends such stretches to a plan."""

    def __init__(self, plan: Plan, rng: np.random.Generator) -> None:
        self.plan = plan
        self.rng = rng

    def rest(self, start_s: float, end_s: float) -> None:
        """Both hands rest."""
        for hand in (0, 1):
            self._rest(hand, start_s, end_s)

    def rest_unused(self, used: Sequence[Side], start_s: float, end_s: float) -> None:
        """The hands that do nothing else rest."""
        for hand, name in enumerate(SIDE_NAMES):
            if name not in used:
                self._rest(hand, start_s, end_s)

    def _rest(self, hand: int, start_s: float, end_s: float) -> None:
        """Return if away, then small shifts and an occasional finger movement."""
        path, side, rng = self.plan.paths[hand], SIDES[hand], self.rng
        time_s = start_s
        home = poses.rest(side, rng)
        if float(np.hypot(*(path.last - home)[:2])) > _AWAY_FROM_REST_M:
            time_s = start_s + min(0.6, (end_s - start_s) / 2)
            path.go(start_s, time_s, home, 0.01)
        while time_s < end_s - 0.5:
            until = min(time_s + float(rng.uniform(0.8, 1.4)), end_s)
            target = path.last.copy()
            target[:3] += rng.normal(0, 0.0022, 3) * np.array([1, 1, 0.3])
            target[6] = np.clip(target[6] + rng.normal(0, 0.03), 0.05, 0.25)
            path.go(time_s, until, target)
            time_s = until

    def out_of_view(self, start_s: float, end_s: float) -> None:
        """Both hands leave the picture or stay out of it."""
        for hand in (0, 1):
            path = self.plan.paths[hand]
            if path.last[1] > -0.2:
                path.go(start_s, min(start_s + 0.5, end_s), poses.away(SIDES[hand]))
        spot = self.rng.normal(0, 1, 2) * np.array([0.06, 0.03])
        self.plan.gazes.append(glance(start_s + 0.3, 1.0, np.array([spot[0], 0.27 + spot[1], 0.0])))

    def fumble(self, hand: int, thing: Item, spot: NDArray[np.float64], start_s: float, end_s: float) -> None:
        """Short jerky sub-movements round a thing that is never held: over- and undershoot, grasping at air."""
        rng, path, side = self.rng, self.plan.paths[hand], SIDES[hand]
        time_s, last = start_s + 0.05, end_s - 0.50
        while time_s < last - 0.12:
            closed = bool(rng.random() < 0.45)
            aim = poses.grasp(thing, spot, side, self.plan.palm_length_m, closed=closed)
            off = rng.normal(0, 1, 3) * np.array([0.055, 0.05, 0.012])
            aim[:3] += off + np.array([0.0, 0.0, 0.03])
            aim[3:6] += rng.normal(0, 0.13, 3) * np.array([1.0, 0.6, 0.6])
            far_m = float(np.linalg.norm(aim[:3] - path.last[:3]))
            until = min(time_s + max(float(rng.uniform(0.16, 0.34)), _LEAST_S_PER_M * far_m), last)
            path.go(round(time_s, 3), round(until, 3), aim, float(rng.uniform(0, 0.015)))
            time_s = until + float(rng.uniform(0.0, 0.08))
        path.go(round(max(last, start_s), 3), end_s - 0.02, poses.rest(side, rng), 0.01)
        self._rest(1 - hand, start_s, end_s)
        self.plan.gazes.append(glance(start_s, 0.4, spot))
        self.plan.gazes.append(glance(last, 0.5, np.array(VIEW_CENTRE)))

    def look_away(self, start_s: float, end_s: float) -> None:
        """Look past the table, and back at the end."""
        rng = self.rng
        side = 1.0 if rng.random() < 0.5 else -1.0
        far = (side * float(rng.uniform(0.55, 0.85)), float(rng.uniform(0.9, 1.2)), float(rng.uniform(0.05, 0.2)))
        self.plan.gazes.append(Gaze(start_s, min(0.7, (end_s - start_s) / 3), far))
        middle = (start_s + end_s) / 2
        self.plan.gazes.append(Gaze(middle, 0.9, (far[0] * float(rng.uniform(0.6, 1.0)), far[1], far[2])))
        self.plan.gazes.append(Gaze(end_s - 0.45, 0.45, VIEW_CENTRE))
