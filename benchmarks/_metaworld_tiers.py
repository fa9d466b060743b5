"""The arithmetic of demonstrations in tiers: their noise, random subsets, what each adds to success. No simulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.resampling import spearman_brown

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats, Rows

__all__ = ["ACTIONS", "TIERS", "Tier", "action_noise", "random_subsets", "success_gain", "success_reliability"]

ACTIONS = 4
"""Three of the hand's velocity, one of the gripper's effort."""
_CARRY_OVER = 0.8
"""How much of its noise an action takes over from the one before: what spoils a demonstration lasts for some steps."""
_HALVINGS = 40


@dataclass(frozen=True)
class Tier:
    """Demonstrations of one quality: a scripted expert whose actions are disturbed."""

    name: str
    noise: float
    """Standard deviation of what is added to each action, which is in [-1, 1]."""
    bias: float
    """Length of a constant added to the hand's velocity, in a direction of each demonstration's own."""


TIERS = (Tier("better", 0.05, 0.0), Tier("okay", 0.2, 0.05), Tier("worse", 0.45, 0.2))


def action_noise(tier: Tier, steps: int, rng: np.random.Generator) -> Floats:
    """`(steps, ACTIONS)`: an autoregressive process of first order that begins in its stationary state, plus a bias."""
    noise = np.empty((steps, ACTIONS))
    level = tier.noise * rng.normal(size=ACTIONS)
    fresh = tier.noise * np.sqrt(1 - _CARRY_OVER**2)
    for row in noise:
        row[:] = level
        level = _CARRY_OVER * level + fresh * rng.normal(size=ACTIONS)
    direction = rng.normal(size=ACTIONS - 1)
    noise[:, :-1] += tier.bias * direction / np.linalg.norm(direction)
    return noise


def random_subsets(n: int, number: int, share: float, rng: np.random.Generator) -> Flags:
    """`(number, n) bool`: random subsets that hold this share of `n` demonstrations each."""
    subsets = np.zeros((number, n), bool)
    size = max(1, round(share * n))
    for row in subsets:
        row[rng.permutation(n)[:size]] = True
    return subsets


def success_gain(subsets: Flags, success: Floats) -> Floats:
    """`(n,)`: Δsuccess, the mean success of policies trained with a demonstration less that of those without.

    `subsets` `(m, n) bool`, `success` `(m,)`; NaN for a demonstration that all of them or none have.
    """
    with_it, without = subsets.sum(axis=0), (~subsets).sum(axis=0)
    known = (with_it > 0) & (without > 0)
    difference = success @ subsets / np.maximum(with_it, 1) - success @ ~subsets / np.maximum(without, 1)
    return np.where(known, difference, np.nan)


def success_reliability(subsets: Flags, success: Floats, seed: int) -> float:
    """How well Δsuccess would agree with a repetition: random halves of the subsets, stepped up to all of them."""
    rng = np.random.default_rng([seed, 31])
    found = []
    for _ in range(_HALVINGS):
        order = rng.permutation(len(subsets))
        one, other = (_of(subsets, success, order[part::2]) for part in (0, 1))
        both = np.isfinite(one) & np.isfinite(other)
        found.append(spearman(one[both], other[both]))
    return max(0.0, spearman_brown(float(np.nanmean(found)))) if np.isfinite(found).any() else float("nan")


def _of(subsets: Flags, success: Floats, rows: Rows) -> Floats:
    return success_gain(subsets[rows], success[rows])
