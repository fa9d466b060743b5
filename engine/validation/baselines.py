"""Damped constant velocity: what a hand does next if it only slows down. A cloning model must beat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.validation.actions import GRIP, HORIZON
from engine.validation.estimator import clip_weights

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats
    from engine.validation.cloning import CloningSet
    from engine.validation.cloning_data import CloningData

__all__ = ["damped_velocity", "damping"]


def damping(clips: CloningSet, counts: Flags) -> Floats:
    """`(HORIZON,)`: the share of constant velocity that fits best, by least squares, at each future step.

    `counts` `(n, k, 2)` says which rows count. Undamped, constant velocity is a straw man: hands slow down, and on real
    video it is worse than standing still.
    """
    weight = clip_weights(counts)[..., None, None]
    shape = (*clips.target.shape[:3], HORIZON, 2)
    moved, foretold = clips.target[..., :GRIP].reshape(shape), clips.velocity[..., :GRIP].reshape(shape)
    axes = (0, 1, 2, 4)
    spread = (weight * foretold**2).sum(axis=axes)
    return np.asarray((weight * moved * foretold).sum(axis=axes) / np.maximum(spread, 1e-9))


def damped_velocity(data: CloningData, kept: Floats) -> Floats:
    """`(n, k, 2, OUTPUTS)`, in scales: every hand goes on as in the last 0.2 s, damped by `kept` `(HORIZON,)`."""
    guess = np.zeros(data.clips.velocity.shape, np.float64)
    guess[..., :GRIP] = data.clips.velocity[..., :GRIP] * np.repeat(kept, 2)
    return np.asarray(guess / data.scale)
