"""Agreement between annotators, and of annotators with themselves.

Which clip of a pair is listed first is arbitrary. So every pair counts in both orders, and no measure here depends on
how clips are named.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from engine.preference.answers import DECIDED, Share, by_annotator, first_answers, share

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from engine.preference.answers import GivenAnswer

__all__ = ["PairAgreement", "agreements", "cohen_kappa", "krippendorff_alpha", "self_agreement", "side_bias"]


def cohen_kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Agreement of two raters beyond chance: 1 is perfect, 0 is chance; NaN where chance alone explains everything.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
    """
    if len(one) != len(other):
        raise ValueError(f"two raters of the same items, but {len(one)} and {len(other)} ratings")
    n = len(one)
    if not n:
        return math.nan
    seen = sum(a == b for a, b in zip(one, other, strict=True)) / n
    of_one, of_other = Counter(one), Counter(other)
    chance = sum(of_one[c] * of_other[c] for c in of_one) / n**2
    return (seen - chance) / (1 - chance) if chance < 1 else math.nan


@dataclass(frozen=True)
class PairAgreement:
    """Two annotators on the pairs that both answered."""

    one: str
    other: str
    agreed: Share
    kappa: float
    """Cohen's kappa over left, right and tie, every pair in both orders."""


def agreements(answers: Sequence[GivenAnswer]) -> list[PairAgreement]:
    """Agreement of every two annotators who answered at least one common pair, by their first answers."""
    first = first_answers(answers)
    found = []
    for one, other in combinations(first, 2):
        both = sorted(first[one].keys() & first[other].keys())
        if not both:
            continue
        a, b = [first[one][pair] for pair in both], [first[other][pair] for pair in both]
        agreed = share(sum(x == y for x, y in zip(a, b, strict=True)), len(both))
        kappa = cohen_kappa([*a, *(-x for x in a)], [*b, *(-x for x in b)])
        found.append(PairAgreement(one, other, agreed, kappa))
    return found


def krippendorff_alpha(answers: Sequence[GivenAnswer]) -> float:
    """Agreement of all annotators together beyond chance; NaN where no pair was answered by two.

    Interval level over −1, 0, 1: a tie is in the middle. K. Krippendorff, "Content Analysis", 4th edition, 2018,
    chapter 12; computed by the package krippendorff.
    """
    import krippendorff
    import numpy as np

    first = first_answers(answers)
    shared = Counter(pair for verdicts in first.values() for pair in verdicts)
    pairs = sorted(pair for pair, count in shared.items() if count > 1)
    if not pairs:
        return math.nan
    table = np.array([[verdicts.get(pair, np.nan) for pair in pairs] for verdicts in first.values()])
    both = np.hstack([table, -table])
    if len(np.unique(both[np.isfinite(both)])) < 2:
        return math.nan  # nothing but ties
    return float(krippendorff.alpha(reliability_data=both, level_of_measurement="interval"))


def self_agreement(answers: Sequence[GivenAnswer]) -> Share:
    """How often an annotator gives the same answer to a repeated pair; ties count as an answer of their own."""
    alike = total = 0
    for own in by_annotator(answers).values():
        first: dict[tuple[str, str], int] = {}
        for answer in own:
            if answer.verdict is None:
                continue
            if answer.pair in first:
                total += 1
                alike += answer.verdict == first[answer.pair]
            first.setdefault(answer.pair, answer.verdict)
    return share(alike, total)


def side_bias(answers: Sequence[GivenAnswer]) -> Share:
    """The share of left among decided answers. Sides are random, so an unbiased annotator's is one half."""
    decided = [answer.answer for answer in answers if answer.answer in DECIDED]
    return share(decided.count("left"), len(decided))
