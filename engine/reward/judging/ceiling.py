"""How well anybody could do: what repeated labels, or a sample's hidden truth, say about the annotators."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from engine.reward.judging.training_report import Ceiling
from engine.statistics.interval import Estimate
from engine.statistics.pair_metrics import first_with_interval, mean, pair_accuracy

if TYPE_CHECKING:
    from engine.arrays import Floats
    from engine.tables.types import PairTable

__all__ = ["repeat_ceiling", "truth_ceiling"]

FEWEST_REPEATS = 5
"""Below this, how often somebody agrees with themselves says nothing."""


def repeat_ceiling(pairs: PairTable, rounds: int, seed: int) -> Ceiling | None:
    """From pairs that one annotator answered twice: how often they agree with themselves, and what follows from it.

    Somebody who gives the better answer with probability c, whatever they said before, agrees with themselves with
    c² + (1 − c)²; so c = (1 + √(2 agreement − 1)) / 2 is the accuracy of a perfect reward on their labels. None where
    there are fewer than five such pairs.
    """
    answers: dict[tuple[str, int, int], list[float]] = defaultdict(list)
    for left, right, target, who in zip(pairs.left, pairs.right, pairs.target, pairs.annotators, strict=True):
        turned = left > right
        key = (who, int(min(left, right)), int(max(left, right)))
        answers[key].append(1 - target if turned else target)
    alike = np.array(
        [given[0] == other for given in answers.values() for other in given[1:] if 0.5 not in (given[0], other)], float
    )
    if len(alike) < FEWEST_REPEATS:
        return None
    random = np.random.Generator(np.random.PCG64(seed))
    drawn = random.multinomial(len(alike), np.full(len(alike), 1 / len(alike)), size=rounds)
    agreement = mean(alike, np.concatenate([np.ones((1, len(alike))), drawn]))
    found = first_with_interval((1 + np.sqrt(np.maximum(2 * agreement - 1, 0))) / 2)
    return Ceiling(kind="repeats", agreement=float(agreement[0]), pairs=len(alike), accuracy=Estimate.of(found))


def truth_ceiling(quality_difference: Floats, target: Floats, weights: Floats) -> Ceiling:
    """From the hidden quality of rendered clips: how often simulated annotators name the truly better one, over the
    very labels that the reward is judged by."""
    found = first_with_interval(pair_accuracy(quality_difference, target, weights))
    return Ceiling(kind="truth", accuracy=Estimate.of(found))
