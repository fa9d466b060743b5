"""Item-level Bradley–Terry: a score for each item from comparisons alone, without features.

P(left over right) = σ(s_left − s_right + a), where `a` is the advantage of being on the left (or at home), 0 unless
asked for (R. A. Bradley, M. E. Terry, Biometrika 39, 1952; the order effect: A. Agresti, "Categorical Data Analysis",
section 10.6). choix has the model without an order effect; tests hold this fit against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.errors import EngineError
from engine.preference.linear import sigmoid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ItemScores", "item_scores"]

STEPS: Final = 100
CONVERGED: Final = 1e-10
BEYOND: Final = 12.0
"""A score this far out is on its way to infinity."""


@dataclass(frozen=True)
class ItemScores:
    """Scores in logits, their mean 0, in the order of `items`."""

    items: tuple[str, ...]
    scores: NDArray[np.float64]
    errors: NDArray[np.float64]
    """Standard errors, of scores less their mean."""
    left_advantage: float
    left_advantage_error: float

    def of(self, item: str) -> float:
        """One item's score."""
        return float(self.scores[self.items.index(item)])


def item_scores(
    left: Sequence[str],
    right: Sequence[str],
    target: Sequence[float] | NDArray[np.float64],
    weight: Sequence[float] | NDArray[np.float64] | None = None,
    *,
    left_advantage: bool = False,
    precision: float = 0.0,
) -> ItemScores:
    """The most likely scores. `target` is 1 for left, 0 for right, 0.5 for a tie; `weight` counts rows, 1 each.

    `precision` > 0 is that of a Gaussian prior around 0: needed where some item won or lost everything, for then no
    finite scores are most likely, which raises `EngineError`.
    """
    items = tuple(dict.fromkeys([*left, *right]))
    place = {item: k for k, item in enumerate(items)}
    n, rows = len(items), len(left)
    if not rows:
        return ItemScores((), np.zeros(0), np.zeros(0), 0.0, float("nan"))
    one = np.array([place[item] for item in left])
    other = np.array([place[item] for item in right])
    y = np.asarray(target, np.float64)
    times = np.ones(rows) if weight is None else np.asarray(weight, np.float64)
    x = np.zeros(n + 1)
    for _ in range(STEPS):
        gradient, hessian = slopes(x, one, other, y, times, precision, left_advantage)
        step = np.linalg.solve(hessian, gradient)
        x = x + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < CONVERGED or float(np.abs(x).max()) > BEYOND:
            break
    if not precision and (float(np.abs(x).max()) > BEYOND or float(np.abs(step).max()) > 1e-4):
        raise EngineError(
            "no finite scores are most likely: some items won or lost all their comparisons with the others",
            remedy="Give a prior precision above 0, or more comparisons.",
        )
    covariance = np.linalg.inv(slopes(x, one, other, y, times, precision, left_advantage)[1])
    centre = np.eye(n) - 1 / n
    spread = np.sqrt(np.maximum(np.diag(centre @ covariance[:n, :n] @ centre), 0.0))
    error = float(np.sqrt(covariance[n, n])) if left_advantage else float("nan")
    return ItemScores(items, x[:n] - x[:n].mean(), spread, float(x[n]), error)


def slopes(
    x: NDArray[np.float64],
    one: NDArray[np.intp],
    other: NDArray[np.intp],
    y: NDArray[np.float64],
    times: NDArray[np.float64],
    precision: float,
    left_advantage: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gradient and negative Hessian of the log likelihood at `x` `(n + 1,)`: scores, then the advantage of the left."""
    n = len(x) - 1
    p = sigmoid(x[one] - x[other] + x[n])
    pull, v = times * (y - p), times * p * (1 - p)
    gradient = np.zeros(n + 1)
    gradient[:n] = np.bincount(one, pull, n) - np.bincount(other, pull, n) - precision * x[:n]
    hessian = np.zeros((n + 1, n + 1))
    for a, b, sign in ((one, one, 1), (other, other, 1), (one, other, -1), (other, one, -1)):
        np.add.at(hessian, (a, b), sign * v)
    hessian[np.diag_indices(n)] += precision
    # Scores are known up to a constant: one stiff direction fixes their sum.
    hessian[:n, :n] += 1 / n
    if left_advantage:
        gradient[n] = pull.sum()
        hessian[n, :n] = hessian[:n, n] = np.bincount(one, v, n) - np.bincount(other, v, n)
        hessian[n, n] = v.sum()
    else:
        hessian[n, n] = 1.0
    return gradient, hessian
