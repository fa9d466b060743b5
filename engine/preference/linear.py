"""The linear Bradley–Terry model with a Gaussian prior, fast enough to fit while a person waits.

P(left over right) = σ(w·(x_left − x_right)). The posterior of w is Laplace's approximation: a Gaussian at the maximum
whose precision is the Hessian there (Bishop, "Pattern Recognition and Machine Learning", 2006, sections 4.4, 4.5). The
prior's precision is the one of largest evidence (MacKay, "Bayesian interpolation", Neural Computation 4, 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.preference.bradley_terry import gradient_and_curvature, newton_step, objective

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats

__all__ = ["PRECISIONS", "LinearFit", "fit_linear", "fit_linear_evidence"]

PRECISIONS: Final = (3.0, 10.0, 30.0, 100.0, 300.0)
"""Prior precisions to try, from a wide prior to a narrow one, per weight of a standardised feature."""
_EMBEDDED: Final = (1.0, 10.0)
"""Factors to try on the prior precision of the embedding's weights, which are often uninformative."""
_NEWTON_STEPS = 50
_CONVERGED = 1e-8


@dataclass(frozen=True)
class LinearFit:
    """Gaussian posterior of the weights."""

    weights: Floats
    """`(d,)`: the maximum a posteriori weights."""
    covariance: Floats
    """`(d, d)`"""
    log_evidence: float
    """Log evidence of the answers, up to a constant that depends on neither data nor prior."""
    precision: Floats
    """`(d,)`: precision of the prior."""


def fit_linear(differences: Floats, target: Floats, precision: float | Floats) -> LinearFit:
    """Fit the posterior of the weights to answers.

    `differences` is `(n, d)`, features left − right; `target` `(n,)`: 1 for left, 0 for right, 0.5 for a tie, which
    counts as half a win each way.

    Newton's method; the problem is strictly convex for any `precision` > 0, one number or `(d,)`.
    """
    n, d = differences.shape
    precision = np.broadcast_to(np.asarray(precision, dtype=np.float64), d)
    weights: Floats = np.zeros(d)
    logit = differences @ weights
    loss = objective(logit, target, weights, precision)
    for _ in range(_NEWTON_STEPS):
        gradient, hessian = gradient_and_curvature(differences, target, logit, weights, precision)
        step = newton_step(gradient, hessian)
        size = 1.0
        while size > 1e-4:
            tried = weights + size * step
            logit = differences @ tried
            reached = objective(logit, target, tried, precision)
            if reached <= loss:
                break
            size /= 2
        weights, loss = tried, min(reached, loss)
        if float(gradient @ step) < _CONVERGED * max(n, 1):
            break
    hessian = gradient_and_curvature(differences, target, logit, weights, precision)[1]
    _, log_det = np.linalg.slogdet(hessian)
    evidence = -loss + 0.5 * float(np.log(precision).sum()) - 0.5 * float(log_det)
    covariance = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
    return LinearFit(weights, covariance, float(evidence), precision)


def fit_linear_evidence(
    differences: Floats,
    target: Floats,
    embedded: Flags | None = None,
    precisions: tuple[float, ...] = PRECISIONS,
) -> LinearFit:
    """`fit_linear` under the prior of `precisions` with the largest evidence.

    `embedded` `(d,)` marks the weights of the embedding, whose prior may be narrower than that of the others.
    """
    d = differences.shape[1]
    ratios = [np.ones(d)]
    if embedded is not None and embedded.any() and not embedded.all():
        ratios = [np.where(embedded, ratio, 1.0) for ratio in _EMBEDDED]
    fits = [fit_linear(differences, target, precision * ratio) for precision in precisions for ratio in ratios]
    return max(fits, key=lambda fit: fit.log_evidence)
