"""The linear parts of a reward: what the features say by themselves, before the networks learn what that misses.

Of labels it is the linear Bradley–Terry model with a Gaussian prior of the largest evidence
(`engine.preference.linear`), of gains ridge regression. The networks begin at them, so that where few labels leave
nothing more to learn, an ensemble is no worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.preference.bradley_terry import most_likely
from engine.preference.linear import fit_linear_evidence
from engine.reward.normalise import EMBEDDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.reward.normalise import Layout
    from engine.tables.types import PairTable

__all__ = ["linear_gains", "linear_inputs", "linear_part"]

PRECISIONS: Final = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Prior precisions to try, per weight of a standardised feature: narrower ones too than while people label, since few
labels of many sources may leave little to be sure of."""

RIDGES: Final = tuple(10.0**power for power in range(6))
FEWEST_GAINS: Final = 3
"""Of fewer nothing can be left out and foretold."""


def linear_inputs(layout: Layout) -> Flags:
    """`(width,)`: the inputs that the linear part sees, which are all but the squares."""
    count = len(layout.columns)
    seen = np.ones(len(layout.input_groups), np.bool_)
    seen[count : 2 * count] = not layout.squares
    return seen


def linear_part(layout: Layout, inputs: NDArray[np.float32], pairs: PairTable, times: Floats, beta: float) -> Floats:
    """`(members, width)`: the weights of each member; 0 for the squares.

    `inputs` is `(n_clips, width)`; `times` `(members, n_pairs)` says how much each label counts for each member, 0
    where it is held out. The prior is chosen once, from the labels that any member learns from. P(left) = σ(`beta` ·
    difference of rewards).
    """
    seen = linear_inputs(layout)
    x = inputs[:, seen].astype(np.float64)
    learned = times.any(axis=0)
    difference = (x[pairs.left] - x[pairs.right])[learned]
    target, times = pairs.target[learned], times[:, learned]
    weights = np.zeros((len(times), len(seen)))
    if not learned.any():
        return weights
    embedded = np.array([group == EMBEDDING for group in layout.input_groups])[seen]
    precision = fit_linear_evidence(difference, target, embedded, PRECISIONS).precision
    for member, own in zip(weights, times, strict=True):
        member[seen] = most_likely(difference, target, precision, times=own) / beta
    return weights


def linear_gains(layout: Layout, inputs: NDArray[np.float32], rows: Rows, gains: Floats) -> Floats:
    """`(width,)`: weights of the inputs, 0 for the squares, that tell the standardised `gains` `(n_gains,)` of clips
    `rows` best, their ridge chosen by leaving one out in turn."""
    seen = linear_inputs(layout)
    weights = np.zeros(len(seen))
    if len(gains) >= FEWEST_GAINS:
        from sklearn.linear_model import RidgeCV

        # No intercept: inputs and gains are centred, and what is left is the last layer's to add.
        fitted = RidgeCV(RIDGES, fit_intercept=False).fit(inputs[rows][:, seen].astype(np.float64), gains)
        weights[seen] = fitted.coef_
    return weights
