"""Accuracy, AUC, log loss and calibration of predicted answers to pairs, with resampling.

Every measure takes weights `(rounds, n)` and gives `(rounds,)`: row 0 holds the labels as they are, the other rows are
resamplings of the sources (A. B. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007): a pair
counts as often as both its sources were drawn, which allows for correlated errors of labels that share a source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.finite import without_nan
from engine.statistics.interval import Interval, percentile_interval

if TYPE_CHECKING:
    from engine.arrays import Floats, Rows

__all__ = [
    "ReliabilityBin",
    "calibration_error",
    "first_with_interval",
    "kendall_tau",
    "log_loss",
    "pair_accuracy",
    "pair_auc",
    "reliability",
    "source_weights",
]

_EDGES = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
"""Bin edges of a reliability diagram, over the predicted probability of the favourite."""
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Answers of which a judge was about equally sure: how sure it was, and how often it was right."""

    said: float | None
    """Mean probability that the judge gave to its favourite."""
    happened: float | None
    """Share of answers that chose the favourite, with its 95 % interval."""
    low: float | None
    high: float | None
    count: float


def first_with_interval(rounds: Floats) -> Interval:
    """A measure's value (row 0) with the interval of its resamplings (the other rows)."""
    return percentile_interval(float(rounds[0]), rounds[1:], fewest=1)


def source_weights(left: Rows, right: Rows, *, sources: int, rounds: int, seed: int) -> Floats:
    """`(rounds + 1, n)`: how often each pair counts; `left`, `right` are the source indices of its clips."""
    random = np.random.Generator(np.random.PCG64(seed))
    drawn = random.multinomial(sources, np.full(sources, 1 / sources), size=rounds)
    counts = np.concatenate([np.ones((1, sources)), drawn])
    return np.where(left == right, counts[:, left], counts[:, left] * counts[:, right])


def mean(values: Floats, weights: Floats) -> Floats:
    """Weighted mean for each round; NaN where nothing was drawn."""
    total = weights.sum(axis=1)
    return np.asarray(np.divide(weights @ values, total, out=np.full(len(total), np.nan), where=total > 0))


def pair_accuracy(difference: Floats, target: Floats, weights: Floats) -> Floats:
    """Share of decided pairs whose chosen side has the higher reward; equal rewards are half right."""
    right = np.where(difference == 0, 0.5, (difference > 0) == (target > 0.5))
    return mean(right.astype(np.float64), weights * (target != 0.5))


def pair_auc(difference: Floats, target: Floats, weights: Floats) -> Floats:
    """Probability that a pair in which left was chosen has a larger difference than one in which right was.

    Every decided pair counts in both orders, so that it does not matter on which side a clip was shown.
    """
    decided = target != 0.5
    score = np.concatenate([difference[decided], -difference[decided]])
    won = np.concatenate([target[decided] > 0.5, target[decided] < 0.5])
    twice = np.concatenate([weights[:, decided]] * 2, axis=1)
    order = np.argsort(score, kind="stable")
    score, won, twice = score[order], won[order], twice[:, order]
    lost = np.where(won, 0.0, twice)
    # Losers below a winner count 1, ties 1/2: cumulative sums up to each block of equal scores.
    first, last = np.searchsorted(score, score, "left"), np.searchsorted(score, score, "right")
    below = np.concatenate([np.zeros((len(twice), 1)), np.cumsum(lost, axis=1)], axis=1)
    beaten = (below[:, first] + below[:, last]) / 2
    wins = np.where(won, twice, 0.0)
    total = wins.sum(axis=1) * lost.sum(axis=1)
    return np.asarray(np.divide((wins * beaten).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0))


def log_loss(probability: Floats, target: Floats, weights: Floats) -> Floats:
    """Mean −log P of the answers, in nats; a tie is half a win each way. Random guessing has 0.693."""
    p = np.clip(probability, _TINY, 1 - _TINY)
    return mean(-(target * np.log(p) + (1 - target) * np.log(1 - p)), weights)


def _favourite(probability: Floats, target: Floats) -> tuple[Floats, Floats, Rows]:
    """Predicted probability of the favourite, whether it was chosen (a tie: half), and the bin of the former."""
    confidence = np.maximum(probability, 1 - probability)
    chosen = np.where(probability >= 0.5, target, 1 - target)
    return confidence, chosen, np.clip(np.searchsorted(_EDGES, confidence, "right") - 1, 0, len(_EDGES) - 2)


def calibration_error(probability: Floats, target: Floats, weights: Floats) -> Floats:
    """Expected calibration error: mean |confidence − accuracy| over bins, weighted by their counts."""
    confidence, chosen, place = _favourite(probability, target)
    gap = np.zeros(len(weights))
    for number in range(len(_EDGES) - 1):
        gap += np.abs(weights[:, place == number] @ (confidence - chosen)[place == number])
    total = weights.sum(axis=1)
    return np.asarray(np.divide(gap, total, out=np.full(len(total), np.nan), where=total > 0))


def reliability(probability: Floats, target: Floats, weights: Floats) -> tuple[ReliabilityBin, ...]:
    """Reliability diagram: mean confidence against accuracy, bin by bin."""
    confidence, chosen, place = _favourite(probability, target)
    bins = []
    for number in np.unique(place):
        inside = place == number
        found = first_with_interval(mean(chosen[inside], weights[:, inside]))
        bins.append(
            ReliabilityBin(
                said=float(mean(confidence[inside], weights[:1, inside])[0]),
                happened=found.value,
                low=found.low,
                high=found.high,
                count=float(weights[0, inside].sum()),
            )
        )
    return without_nan(tuple(bins))


def kendall_tau(difference: Floats, strength: Floats, weights: Floats) -> Floats:
    """Kendall's τ over pairs of clips: share concordant minus share discordant, given both differences."""
    return mean(np.sign(difference) * np.sign(strength), weights * (strength != 0))
