"""Scripts of unseen scenes in which policies are tried: each asks for one thing to be placed on the board."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.sample import hands
from engine.sample.live import NEAR_M, PREFIX_S
from engine.sample.plan import SIDES, plan
from engine.sample.script import episode, sample_scripts

if TYPE_CHECKING:
    from engine.sample.types import VideoScript

__all__ = ["live_scripts"]

_FIRST_SEED: Final = 10**12
"""Seeds of live scenes lie beyond those that sample videos are made from: no scene was ever trained on."""
_LEAST_PX = 64
_CLEAR_M = NEAR_M + 0.03
"""No thing lies nearer to a hand than this when a policy takes over: it would be grasped without doing anything."""


def live_scripts(count: int, frame: tuple[int, int], *, seconds: float = 4.0, seed: int = 0) -> list[VideoScript]:
    """Scripts of unseen scenes and persons: one clean episode each, for policies that see frames of `frame` px.

    Pictures are drawn at an even multiple of that size and averaged, as those of videos are. Scenes in which a hand
    begins near a thing are passed over.
    """
    scale = next(k for k in range(2, 200, 2) if k * min(frame) >= _LEAST_PX)
    found: list[VideoScript] = []
    drawn = 0
    while len(found) < count:
        more = sample_scripts(drawn + count, _FIRST_SEED + seed, n_episodes=1)[drawn:]
        drawn += len(more)
        live = (
            dataclasses.replace(
                script,
                name=f"live-{seed}-{script.index + 1:03d}",
                episodes=(episode("purposeful", seconds),),
                person=dataclasses.replace(script.person, tremor_m=0.0),
                width=scale * frame[0],
                height=scale * frame[1],
                fps=10,
            )
            for script in more
        )
        found += [script for script in live if _begins_clear(script)]
    return found[:count]


def _begins_clear(script: VideoScript) -> bool:
    """Whether something is to be carried, and no hand is near a thing when the policy takes over."""
    expert = plan(script)
    grips = [
        hands.grip_point(hands.landmarks(path.at(PREFIX_S), side, expert.palm_length_m))[:2]
        for path, side in zip(expert.paths, SIDES, strict=True)
    ]
    nearest_m = min(float(np.linalg.norm(grip - thing.place[:2])) for grip in grips for thing in expert.items)
    return bool(expert.carries) and nearest_m > _CLEAR_M
