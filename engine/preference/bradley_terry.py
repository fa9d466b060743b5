"""The Bradley–Terry model shared by all fits: likelihood, gradient and Hessian, Newton's method.

P(left over right) = σ(x·w) where x, a row of `design`, is the description of the left side minus that of the right:
features (`linear.py`), one column for each clip (`reward/strengths.py`, `skill.py`), a single score
(`reward/baselines.py`). A Gaussian prior around 0, of the given precision, keeps w finite where one clip won every
comparison (R. A. Bradley, M. E. Terry, Biometrika 39, 1952). Tests compare it with choix and published abilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Floats


__all__ = ["gradient_and_curvature", "most_likely", "negative_log_likelihood", "newton_step", "objective", "sigmoid"]


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e^−x), without overflow."""
    out: Floats = 0.5 * (1 + np.tanh(0.5 * x))
    return out


def negative_log_likelihood(logit: Floats, target: Floats) -> Floats:
    """`(n,)`: −log P of each answer, given the left side's lead `logit` `(n,)`; a tie is half a win each way."""
    return np.asarray(np.logaddexp(0, logit) - target * logit)


def objective(logit: Floats, target: Floats, weights: Floats, precision: float | Floats) -> float:
    """Negative log posterior, up to a constant; `logit` `(n,)` is `design @ weights`."""
    return float(np.sum(negative_log_likelihood(logit, target)) + 0.5 * np.sum(precision * weights**2))


def gradient_and_curvature(
    design: Any, target: Floats, logit: Floats, weights: Floats, precision: float | Floats, times: float | Floats = 1.0
) -> tuple[Floats, Any]:
    """`(gradient (d,), curvature (d, d))` of the log posterior at `weights` `(d,)`; curvature is the negative Hessian.

    `design` is `(n, d)`, a NumPy array or a SciPy sparse one, and the curvature is of the same kind; `logit` `(n,)` is
    `design @ weights`; `target` `(n,)` is 1 for left, 0 for right, 0.5 for a tie, which counts as half a win each way;
    `times` says how often each row counts.
    """
    p = sigmoid(logit)
    gradient = design.T @ (times * (target - p)) - precision * weights
    spread = times * p * (1 - p)
    if isinstance(design, np.ndarray):
        curvature = (design.T * spread) @ design
        curvature[np.diag_indices(len(weights))] += precision
        return gradient, curvature
    from scipy import sparse  # type: ignore[import-untyped]

    prior = sparse.diags(np.broadcast_to(np.asarray(precision, np.float64), len(weights)))
    return gradient, (design.T @ sparse.diags(spread) @ design + prior).tocsc()


def newton_step(gradient: Floats, curvature: Any) -> Floats:
    """`(d,)`: Newton's step, to the maximum of the quadratic approximation of the log posterior."""
    if isinstance(curvature, np.ndarray):
        return np.asarray(np.linalg.solve(curvature, gradient))
    from scipy.sparse.linalg import spsolve  # type: ignore[import-untyped]

    return np.asarray(spsolve(curvature, gradient))


def most_likely(
    design: Any,
    target: Floats,
    precision: float | Floats,
    *,
    times: float | Floats = 1.0,
    start: Floats | None = None,
    steps: int = 50,
    longest: float = 2.0,
    converged: float = 1e-9,
) -> Floats:
    """`(d,)`: the maximum a posteriori weights, by Newton's method; data and prior as for `gradient_and_curvature`.

    Starts from `start` or 0; at most `steps` steps, in each of which no weight moves by more than `longest`.
    """
    weights: Floats = np.zeros(design.shape[1]) if start is None else start
    for _ in range(steps):
        step = newton_step(*gradient_and_curvature(design, target, design @ weights, weights, precision, times))
        weights = weights + np.clip(step, -longest, longest)
        if not len(step) or float(np.abs(step).max()) < converged:
            break
    return weights
