"""Draws what a purposeful episode is meant to do: the variety of work within one kind of episode."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.sample.work import Task, Work

if TYPE_CHECKING:
    import numpy as np

    from engine.sample.types import Episode

__all__ = ["with_work"]

_TASKS: Final[dict[Task, tuple[float, float]]] = {
    "place": (0.72, 1.1), "stack": (0.12, 1.1), "pour": (0.06, 1.45), "open": (0.05, 1.45), "wipe": (0.05, 1.0),
}  # fmt: skip
"""Share of each task, and the pace at which it fills an episode of 3 s: whoever is slower does it less often."""
_TWO_HANDED: Final[dict[Task, float]] = {"place": 0.10, "stack": 0.0, "pour": 0.15, "open": 1.0, "wipe": 0.15}
_FAILS: Final = 0.12
"""How often no grasp holds."""
_SLIPS: Final = 0.18
"""How often one or two grasps fail before one that holds."""
_NUDGES: Final = 0.14
"""How often an object is only shifted instead of placed."""


def with_work(episode: Episode, pace: float, rng: np.random.Generator) -> Episode:
    """The episode with a task and all that varies about it, for a person of this pace."""
    task = _task(pace * episode.duration_s / 3.0, rng)
    two_handed = bool(rng.random() < _TWO_HANDED[task])
    second = bool(rng.random() < min(max(0.9 * (pace - 0.8), 0.04), 0.4))
    fails, slips, nudges = (float(rng.random()) for _ in range(3))
    n_failed = 1 + int(rng.random() < 0.35)
    reach = float(rng.random()) ** 1.5  # near things more often
    travel = float(rng.uniform(0.12, 0.35))
    own_pace = float(0.85 * (1.15 / 0.85) ** rng.random())
    outcome = episode.outcome if task == "place" else "done"
    failed = fails < _FAILS and outcome == "done" and task != "wipe"
    work = Work(
        task=task,
        transports=2 if second and task == "place" and not two_handed and not failed else 1,
        failed_grasps=n_failed if (failed or slips < _SLIPS) and task != "wipe" else 0,
        two_handed=two_handed and not failed,
        reach=round(reach, 3),
        travel=round(travel, 3) if nudges < _NUDGES and task == "place" and outcome == "done" else 1.0,
        pace=round(own_pace, 3),
    )
    return replace(episode, outcome="failed" if failed else outcome, work=work)


def _task(pace: float, rng: np.random.Generator) -> Task:
    weights = {task: share * min(pace / fills, 1.0) ** 2 for task, (share, fills) in _TASKS.items()}
    draw = float(rng.random()) * sum(weights.values())
    for task, weight in weights.items():
        draw -= weight
        if draw < 0:
            return task
    return "place"
