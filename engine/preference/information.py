"""Expected information of an answer: the posterior over the rewards of a pool of clips, and a score for every pair.

A clip's reward is w·x plus a deviation of its own, u ~ N(0, 0.5²): without the deviation the same few extreme clips
would be asked about again and again. The covariance of the pool's rewards is kept, so that all pairs are scored at
once, and choosing one updates all others by a rank-one step.

Sources: D-optimal: K. Chaloner, I. Verdinelli, "Bayesian experimental design: a review", Statistical Science 10, 1995
(the log determinant grows by log(1 + v·var), so the largest v·var wins). BALD: N. Houlsby et al., "Bayesian active
learning for classification and preference learning", 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from engine.preference.bradley_terry import sigmoid

if TYPE_CHECKING:
    from engine.arrays import Floats, Rows
    from engine.preference.linear import LinearFit

__all__ = ["Posterior", "bald", "d_optimal", "group_information", "posterior"]

_DEVIATION: Final = 0.5
"""Standard deviation of a clip's own deviation, in units of reward."""
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@dataclass
class Posterior:
    """Gaussian posterior over the rewards of a pool of clips."""

    mean: Floats
    """`(n,)`"""
    covariance: Floats
    """`(n, n)`"""

    def differences(self, first: Rows, second: Rows) -> tuple[Floats, Floats]:
        """Mean and variance of reward i − reward j, for pairs of clips `first`, `second` `(n_pairs,)`."""
        own = np.diag(self.covariance)
        variance = own[first] + own[second] - 2 * self.covariance[first, second]
        return self.mean[first] - self.mean[second], np.maximum(variance, 0.0)

    def observe(self, i: int, j: int) -> None:
        """Update for a comparison of i and j with an unknown answer: the mean stays, the covariance shrinks."""
        row = self.covariance[i] - self.covariance[j]
        variance = float(row[i] - row[j])
        p = float(sigmoid(np.array([self.mean[i] - self.mean[j]]))[0])
        v = p * (1 - p)
        self.covariance -= v / (1 + v * variance) * np.outer(row, row)


def posterior(rows: Floats, fit: LinearFit, seen: Floats, deviation: float = _DEVIATION) -> Posterior:
    """The posterior of clips with features `rows` `(n, d)` after `fit`; `seen` `(n,)` is the number of answers of each.

    The variance of a clip's own deviation depends on its number of answers alone.
    """
    own = 1 / (1 / deviation**2 + 0.2 * seen)
    return Posterior(rows @ fit.weights, rows @ fit.covariance @ rows.T + np.diag(own))


def d_optimal(mean: Floats, variance: Floats) -> Floats:
    """D-optimality of every pair: v·var with v = p(1 − p) at the expected answer, the growth of the log determinant.

    The expectation over the posterior of p is MacKay's, σ(mean / √(1 + π var / 8)).
    """
    p = sigmoid(mean / np.sqrt(1 + np.pi * variance / 8))
    out: Floats = p * (1 - p) * variance
    return out


def bald(mean: Floats, variance: Floats) -> Floats:
    """Mutual information of answer and rewards, in nats: the entropy of the answer, less the entropy that would be left
    if the rewards were known. By Gauss–Hermite quadrature, to 1 % up to a standard deviation of 2 logits."""
    spread = np.sqrt(variance)
    expected = np.zeros_like(mean)
    surely = np.zeros_like(mean)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        p, left_open = answer_entropy(mean + node * spread)
        expected += weight * p
        surely += weight * left_open
    return np.maximum(entropy(expected) - surely, 0.0)


def answer_entropy(logit: Floats) -> tuple[Floats, Floats]:
    """The probability σ(logit) of an answer, and its entropy in nats: log(1 + e^−|x|) + |x| σ(−|x|)."""
    size = np.abs(logit)
    odds = np.exp(-size)
    unlikely = odds / (1 + odds)
    return np.where(logit > 0, 1 - unlikely, unlikely), np.log1p(odds) + size * unlikely


def entropy(p: Floats) -> Floats:
    """Entropy of a Bernoulli variable with probability p, in nats."""
    q = np.clip(p, 1e-12, 1 - 1e-12)
    out: Floats = -(q * np.log(q) + (1 - q) * np.log1p(-q))
    return out


_SCORES: Final = {"d_optimal": d_optimal, "bald": bald}


def pair_scores(belief: Posterior, how: Literal["d_optimal", "bald"], first: Rows, second: Rows) -> Floats:
    """`(n_pairs,)`: expected information of asking about each pair of clips `first`, `second`."""
    return _SCORES[how](*belief.differences(first, second))


def group_information(belief: Posterior, group: Rows, first: Rows, second: Rows) -> Floats:
    """`(n_pairs,)`: how much the answer to each pair of clips shrinks the variance of the groups' mean rewards.

    `group` `(n,)` numbers the clips' groups (videos) from 0. The variance is summed over the means less their mean, for
    what all groups have in common ranks none of them: v/(1 + v·var) · |cov(means, reward i − reward j)|², the trace of
    `Posterior.observe`'s step as the means see it (A-optimality; K. Chaloner, I. Verdinelli, 1995).
    """
    members = np.zeros((int(group.max()) + 1, len(group)))
    members[group, np.arange(len(group))] = 1.0
    means = members / members.sum(axis=1, keepdims=True)
    shared = (means - means.mean(axis=0)) @ belief.covariance
    gram = shared.T @ shared
    own = np.diag(gram)
    seen = own[first] + own[second] - 2 * gram[first, second]
    mean, variance = belief.differences(first, second)
    p = sigmoid(mean)
    v = p * (1 - p)
    out: Floats = v / (1 + v * variance) * seen
    return out
