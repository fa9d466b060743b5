"""Policies that clone actions from states: a random first layer, frozen, and a ridge head like those of ΔM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._metaworld_tiers import ACTIONS
from engine.validation.actions import OUTPUTS
from engine.validation.estimator import Pool, clip_weights, fit_head

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats, Rows

__all__ = ["ClonedPolicy", "FirstLayer", "cloned", "pool_of", "spread_rows"]

_UNITS = 200
_REACH = 1.5
"""How far the layer's units look, in standard deviations of what they see."""
_NEAR = 10.0
"""Per metre: what is more than about 10 cm away is simply far, and the arm is at its full speed."""


@dataclass(frozen=True)
class FirstLayer:
    """Random rectified units on a standardised state, beside that state and a constant: the frozen trunk."""

    mean: Floats
    spread: Floats
    weights: Floats
    offset: Floats

    @classmethod
    def drawn(cls, states: Floats, seed: int) -> FirstLayer:
        """Standardised by `states` `(n, k, 10)`."""
        seen = _differences(states)
        rng = np.random.default_rng([seed, 17])
        width = seen.shape[-1]
        weights = rng.normal(size=(width, _UNITS)) * _REACH / np.sqrt(width)
        return cls(seen.mean(axis=(0, 1)), seen.std(axis=(0, 1)) + 1e-6, weights, rng.normal(size=_UNITS))

    def features(self, states: Floats) -> Floats:
        """`(…, d)` of `(…, 10)`."""
        seen = (_differences(states) - self.mean) / self.spread
        units = np.maximum(seen @ self.weights + self.offset, 0)
        return np.concatenate([units, seen, np.ones((*seen.shape[:-1], 1))], axis=-1)

    @property
    def width(self) -> int:
        """How many features there are, the constant included."""
        return sum(self.weights.shape) + 1


@dataclass(frozen=True)
class ClonedPolicy:
    """A first layer and a head `(d, ACTIONS)`: what is seen `(10,)` → the action."""

    layer: FirstLayer
    head: Floats

    def __call__(self, state: Floats) -> Floats:
        """The action, not yet held to [-1, 1]."""
        return np.asarray(self.layer.features(state) @ self.head)


def _differences(states: Floats) -> Floats:
    """`(…, 12)`: where the thing and the goal are as the hand sees them, saturating; gripper, and heights."""
    hand, grip, thing, goal = (states[..., part] for part in (slice(0, 3), slice(3, 4), slice(4, 7), slice(7, 10)))
    across = np.linalg.norm((thing - hand)[..., :2], axis=-1, keepdims=True)
    near = [np.tanh(_NEAR * way) for way in (thing - hand, goal - hand, goal - thing, 2 * across)]
    return np.concatenate([*near, grip, hand[..., 2:], thing[..., 2:]], axis=-1)


def spread_rows(values: Floats, length: Rows, count: int) -> Floats:
    """`(n, count, …)`: evenly spread steps of each demonstration, of `(n, STEPS, …)`."""
    places = np.round(np.linspace(0, 1, count) * (length[:, None] - 1)).astype(np.intp)
    return np.asarray(values[np.arange(len(values))[:, None], places])


def pool_of(layer: FirstLayer, states: Floats, actions: Floats) -> Pool:
    """Demonstrations as ΔM's heads see them: each is a clip of a source of its own, with one hand, which is the arm.

    `states` `(n, k, 10)`, `actions` `(n, k, ACTIONS)`; the numbers that a hand of a video has more than an arm are 0.
    """
    target = np.zeros((*actions.shape[:2], 1, OUTPUTS))
    target[:, :, 0, :ACTIONS] = actions
    return Pool(
        video=np.arange(len(states)),
        features=layer.features(states)[:, :, None],
        target=target,
        weight=clip_weights(np.ones((*states.shape[:2], 1), bool)),
    )


def cloned(layer: FirstLayer, pool: Pool, members: Flags, ridge: float) -> ClonedPolicy:
    """The policy that learned from these demonstrations `(n,) bool`."""
    return ClonedPolicy(layer, fit_head(pool, members, ridge).weights[0, :, :ACTIONS])
