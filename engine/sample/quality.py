"""Hidden quality of sample clips (what a careful person would prefer) and their usefulness for robot learning.

`quality` sums action and image quality, in units of a Bradley–Terry model: a clip that is better by 1 is preferred in
73 % of pairs. `usefulness` depends on the action and on whether the hands can be tracked; image quality matters only
where it hides the action. A beautiful idle clip has high quality and low usefulness; a dark but purposeful one the
opposite.

Both were written down from what people say they look for and what imitation needs, before any gain was measured.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

    from engine.sample.types import Degradation, Episode, Person
    from engine.sample.work import Action

__all__ = ["CONTENT", "USE", "content", "instruction", "looks", "quality", "usefulness"]

CONTENT: Final = {"fumbling": -0.25, "idle": -0.75, "out_of_view": -1.45, "looking_away": -1.30}
"""Quality of what goes on in episodes without a task."""
USE: Final = {"fumbling": 0.22, "idle": 0.12, "out_of_view": 0.02, "looking_away": 0.04}
"""Usefulness of the same."""
_OUTCOME: Final = {"done": 0.70, "returned": 0.15, "failed": -0.35}
_LEARNT: Final = {"done": 1.0, "returned": 0.6, "failed": 0.6}


def content(action: Action, duration_s: float) -> float:
    """Quality of purposeful work, as a careful person sees it; about −0.4 to 2.2.

    - Complete work is liked: 0.70 done, 0.15 brought back, −0.35 where no grasp held.
    - Much should happen: up to 0.5 for the way that objects were carried and the table wiped, half of it at 0.2 m,
      and 0.12 for each turn, tilt or sweep (0.36 at most), which move nothing far and are work all the same.
    - A long reach shows more than a tiny one: up to 0.35, at 0.4 m.
    - Hands should have to do with objects: 0.45 for contact all the time.
    - Two hands together are rarer and richer: 0.2.
    - Each grasp that fails costs 0.3, thrice at most.
    - Work neither hurried nor dragging: −0.8 · ln²(pace), which is −0.13 at two thirds or 1.5 times the usual speed.
    """
    way_m = action.carried_m + 0.5 * action.stroked_m
    much = 0.5 * (1 - math.exp2(-way_m / 0.2)) + 0.12 * min(action.strokes, 3)
    reach = 0.35 * min(action.reach_m / 0.4, 1.0)
    touched = 0.45 * min(action.touched_s / duration_s, 1.0)
    hands = 0.2 if len(action.hands) == 2 else 0.0
    failed = -0.3 * min(action.grasps_failed, 3)
    pace = -0.8 * math.log(action.pace) ** 2
    return _OUTCOME[action.outcome] + much + reach + touched + hands + failed + pace


def instruction(action: Action) -> float:
    """How much purposeful work shows a learner, in [0, 1]: the amount of clear, goal-directed motion.

    1 − exp(−amount), because the second example of the same thing in a clip teaches less than the first. The amount
    adds 0.45 for every grasp that holds, up to 0.65 for every transport by its way (half of it at 0.1 m: a nudge shows
    no direction), up to 0.35 for the reach (at 0.4 m), and 0.15 for every turn, tilt or sweep (0.6 at most); a failed
    grasp takes 0.15 away, for imitating it would be wrong. Work that ends where it began, or fails, counts 0.6: the
    reach is worth learning, the rest has no goal. A plain transport over 0.25 m comes to about 0.7.
    """
    held = action.grasps_tried - action.grasps_failed
    carried = sum(0.65 * (1 - math.exp2(-t.way_m / 0.1)) for t in action.transports)
    amount = 0.45 * held + carried + 0.35 * min(action.reach_m / 0.4, 1.0)
    amount += 0.15 * min(action.strokes, 4) - 0.15 * action.grasps_failed
    return (1 - math.exp(-max(amount, 0.0))) * _LEARNT[action.outcome]


def looks(d: Degradation) -> float:
    """Penalty for image quality: 0 for a clean clip, else negative."""
    over, under = max(d.exposure_ev, 0.0), max(-d.exposure_ev, 0.0)
    loss = (
        0.75 * math.log1p(d.defocus_px)
        + 0.55 * d.shutter_share
        + 0.26 * under**1.3
        + 0.42 * over**1.3
        + 0.90 * d.flicker_ev
        + 0.055 * d.shake_px
        + 1.10 * d.dropped_share
        + 1.90 * d.frozen_share
        + 0.80 * d.compression
    )
    return -float(loss)


def quality(episode: Episode, action: Action, person: Person, hands_share: float, rng: np.random.Generator) -> float:
    """The hidden quality of a clip. `hands_share` is the share of its frames with a hand fully in view."""
    shown = CONTENT[episode.kind] if action.task is None else content(action, episode.duration_s)
    if episode.kind in ("purposeful", "fumbling"):
        shown += 0.7 * (hands_share - 0.9)
    steadiness = -60.0 * person.tremor_m
    return shown + looks(episode.degradation) + steadiness + float(rng.normal(0, 0.18))


def usefulness(episode: Episode, action: Action, hands_share: float) -> float:
    """Usefulness in [0, 1]: how much a robot would learn by imitating the clip."""
    d = episode.degradation
    seen = math.exp(
        -((d.defocus_px / 5.0) ** 2) - 0.35 * d.shutter_share - 1.1 * d.frozen_share - 0.4 * d.dropped_share
    )
    light = math.exp(-((max(abs(d.exposure_ev) - 1.2, 0.0) / 1.5) ** 2))
    use = USE[episode.kind] if action.task is None else instruction(action)
    return use * (0.25 + 0.75 * hands_share) * seen * light
