"""Demonstrations and rollouts in Meta-World: scripted experts in MuJoCo, states only, nothing is rendered.

The simulator comes with the extra `sim`; this module is imported where it is there only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

os.environ.setdefault("MUJOCO_GL", "disable")  # nothing is drawn, and many machines have no display

import warnings

import metaworld
import numpy as np
from metaworld.policies import ENV_POLICY_MAP

from benchmarks._metaworld_tiers import ACTIONS, TIERS, Tier, action_noise

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.arrays import Flags, Floats, Rows

    Policy = Callable[[Floats], Floats]

__all__ = ["STEPS", "Demonstrations", "World"]

STEPS = 150
"""An attempt that has not succeeded after so many steps has failed."""
_SCENES_OF_A_SEED = 50
"""Meta-World draws the scenes of a seed fifty at a time."""
_SEEN = np.r_[0:7, 36:39]
"""Of a state of 39 numbers: the hand, how far the gripper is open, the thing, and the goal; one moment, no memory."""


@dataclass(frozen=True, kw_only=True)
class Demonstrations:
    """`n` attempts of disturbed experts, up to `STEPS` steps each; what is beyond an attempt's end is 0."""

    state: Floats
    """`(n, STEPS, 10)`: what a policy sees."""
    action: Floats
    """`(n, STEPS, 4)`: what was done, in [-1, 1]."""
    length: Rows
    """`(n,)`: how many steps each has."""
    tier: Rows
    """`(n,)`: its place in `TIERS`."""
    succeeded: Flags
    """`(n,)`."""

    def __len__(self) -> int:
        return len(self.length)


class World:
    """One task of Meta-World, with as many scenes (where the thing lies, where it must go) as are wanted."""

    def __init__(self, task: str, seed: int) -> None:
        """`task` such as `pick-place-v3`; scenes of different seeds are different."""
        self._task, self._seed = task, seed
        self._scenes: dict[int, Any] = {}
        first = self._drawn(0)
        self._world = first.train_classes[task]()
        self._expert = ENV_POLICY_MAP[task]()

    def demonstrations(self, each: int, first_scene: int = 0) -> Demonstrations:
        """`each` of every tier, every one in a scene of its own."""
        n = each * len(TIERS)
        state, action = np.zeros((n, STEPS, len(_SEEN))), np.zeros((n, STEPS, ACTIONS))
        length, tier = np.zeros(n, np.intp), np.arange(n) % len(TIERS)
        succeeded = np.zeros(n, bool)
        for number in range(n):
            disturbed = self._disturbed(TIERS[tier[number]], number)
            seen, done, succeeded[number] = self._attempt(disturbed, first_scene + number)
            length[number] = len(seen)
            state[number, : len(seen)], action[number, : len(seen)] = seen, done
        return Demonstrations(state=state, action=action, length=length, tier=tier, succeeded=succeeded)

    def success(self, policy: Policy, scenes: Rows) -> Flags:
        """`(len(scenes),)`: in which of these scenes a policy succeeds, a function of what is seen `(10,)`."""
        return np.array([self._attempt(lambda state, _: policy(state[_SEEN]), scene)[2] for scene in scenes], bool)

    def _disturbed(self, tier: Tier, number: int) -> Callable[[Floats, int], Floats]:
        noise = action_noise(tier, STEPS, np.random.default_rng([self._seed, number, 7]))
        return lambda state, step: np.clip(self._expert.get_action(state), -1, 1) + noise[step]

    def _attempt(self, act: Callable[[Floats, int], Floats], scene: int) -> tuple[Floats, Floats, bool]:
        """`(what was seen, what was done, whether it succeeded)`."""
        self._world.set_task(self._scene(scene))
        state, _ = self._world.reset()
        seen, done = [], []
        for step in range(STEPS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # experts ask for more than the arm can do, and say so
                action = np.clip(act(state, step), -1, 1)
            seen.append(state[_SEEN])
            done.append(action)
            state, _, _, _, found = self._world.step(action.astype(np.float32))
            if found["success"]:
                return np.array(seen), np.array(done), True
        return np.array(seen), np.array(done), False

    def _scene(self, number: int) -> Any:
        drawn, place = divmod(number, _SCENES_OF_A_SEED)
        if drawn not in self._scenes:
            self._scenes[drawn] = self._drawn(drawn).train_tasks
        return self._scenes[drawn][place]

    def _drawn(self, number: int) -> Any:
        drawn = metaworld.MT1(self._task, seed=self._seed * 1000 + number)
        self._scenes[number] = drawn.train_tasks
        return drawn
