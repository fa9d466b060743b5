"""Plans the events of a video: turns a script's episodes into hand moves, carried objects and glances.

Objects lie to the left and right of a board in the middle; each hand works with those on its own side (see `tasks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.sample import poses
from engine.sample.camera import VIEW_CENTRE, Gaze
from engine.sample.events import SIDES, Plan
from engine.sample.handling import Handling
from engine.sample.idling import Idling
from engine.sample.items import lay_out
from engine.sample.motion import HandPath
from engine.sample.seeds import generator
from engine.sample.table_state import TableState
from engine.sample.tasks import DO
from engine.sample.work import NO_ACTION

if TYPE_CHECKING:
    from engine.sample.types import Episode, VideoScript
    from engine.sample.work import Action, Outcome, Task

__all__ = ["SIDES", "Plan", "plan"]

_STRONGER_HAND: Final = 0.68
"""How often the stronger hand works."""


def plan(script: VideoScript) -> Plan:
    """The plan of a script, from its seed alone."""
    maker = _Planner(script)
    for (start_s, end_s), episode in zip(script.windows(), script.episodes, strict=True):
        maker.plan.actions.append(maker.add(episode, start_s, end_s))
    return maker.plan


def _outcome(task: Task, asked: Outcome) -> Outcome:
    """What can come of a task: only what is placed can be brought back, and wiping can't fail."""
    possible = {"place": ("done", "returned", "failed"), "wipe": ("done",)}.get(task, ("done", "failed"))
    return asked if asked in possible else "done"


class _Planner:
    """Appends episodes to a plan, and tracks where the objects are."""

    def __init__(self, script: VideoScript) -> None:
        self.person = script.person
        self.rng = generator(script.seed, script.index, "plan")
        items = lay_out(script.scene, generator(script.seed, script.index, "items"))
        away = script.episodes[0].kind == "out_of_view"
        tremor_m = script.person.tremor_m
        paths = [
            HandPath(
                poses.away(s) if away else poses.rest(s, self.rng), tremor_m, self.rng.uniform(0, 2 * np.pi, (3, 3))
            )
            for s in SIDES
        ]
        self.plan = Plan(
            items=items,
            paths=(paths[0], paths[1]),
            carries=[],
            gazes=[Gaze(0.0, 1.0, VIEW_CENTRE)],
            palm_length_m=script.person.palm_length_m,
        )
        self.table = TableState(items)
        self.idling = Idling(self.plan, self.rng)
        self.strong = 1 if script.person.right_handed else 0

    def add(self, episode: Episode, start_s: float, end_s: float) -> Action:
        """Append an episode; what it did."""
        if episode.kind == "purposeful":
            return self._purposeful(episode, start_s, end_s)
        if episode.kind == "fumbling":
            self._fumbling(start_s, end_s)
        elif episode.kind == "out_of_view":
            self.idling.out_of_view(start_s, end_s)
        else:
            self.idling.rest(start_s, end_s)
            if episode.kind == "looking_away":
                self.idling.look_away(start_s, end_s)
        return NO_ACTION

    def _hand(self) -> int:
        return self.strong if self.rng.random() < _STRONGER_HAND else 1 - self.strong

    def _purposeful(self, episode: Episode, start_s: float, end_s: float) -> Action:
        """The task of the episode with the hand that would do it, or with the other; else another task."""
        work, hand = episode.work, self._hand()
        late = float(self.rng.uniform(0.0, 0.35))
        tasks: tuple[Task, ...] = (work.task, "place", "wipe")
        for task, k in ((task, k) for task in tasks for k in (hand, 1 - hand)):
            handling = Handling(table=self.table, plan=self.plan, rng=self.rng)
            achieved = _outcome(task, episode.outcome)
            if DO[task](handling, work, achieved, k):
                action = handling.fit(task, achieved, (start_s, end_s), self.person.pace * work.pace, late)
                self.idling.rest_unused(action.hands, start_s, end_s)
                return action
        raise AssertionError("the table can always be wiped")  # pragma: no cover

    def _fumbling(self, start_s: float, end_s: float) -> None:
        hand = self._hand()
        for k in (hand, 1 - hand):
            around = self.table.loose(SIDES[k]) or self.table.placed(SIDES[k])
            if around:
                item = min(around, key=lambda i: (float(self.table.where[i][1]), i))
                self.idling.fumble(k, self.table.items[item], self.table.where[item], start_s, end_s)
                return
        self.idling.rest(start_s, end_s)
