"""Reliability of each annotator, by a maximum a posteriori fit of the noisy Bradley–Terry model.

An annotator pays attention to a pair with probability `skill` and then answers by Bradley–Terry; else answers left with
probability `left_habit`, whatever is shown (X. Chen et al., "Pairwise ranking aggregation in a crowdsourced setting",
WSDM 2013; the form with a habit is crowd-kit's `NoisyBradleyTerry`). Fitted by expectation–maximisation with the exact
gradient: crowd-kit 1.4 shifts and overwrites the gradient of skills and habits, so that its skills can't distinguish
random answers from careful ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.preference.bradley_terry import most_likely, sigmoid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Floats, Rows
    from engine.preference.answers import GivenAnswer

__all__ = ["Skill", "annotator_skills", "log_likelihood"]

_ROUNDS: Final = 100
_CONVERGED: Final = 1e-4
_ITEM_PRECISION: Final = 0.5
"""Prior precision of clips' own scores: a clip with few labels is assumed to be average."""
FEATURE_PRECISION: Final = 30.0
"""Prior precision of the weights of features, which have unit variance."""
_SKILL_PRIOR: Final = (4.0, 1.0)
"""Beta prior: most people pay attention most of the time. Weighs as much as three answers."""
_HABIT_PRIOR: Final = (2.0, 2.0)
_GRID: Final = np.linspace(0.0025, 0.9975, 200)


@dataclass(frozen=True, kw_only=True)
class Skill:
    """Skill of one annotator: the share of pairs answered with attention, with a 95 % credible interval."""

    annotator: str
    answers: int
    skill: float
    low: float
    high: float
    left_habit: float
    """Probability of left when not paying attention."""


@dataclass(frozen=True, kw_only=True)
class _Data:
    left: Rows
    right: Rows
    answered_left: Floats
    who: Rows
    weight: Floats
    rows: Floats
    """`(n_clips, d)`: the design matrix of clip scores; the identity where each clip has a score of its own."""
    precision: float
    names: list[str]


def annotator_skills(answers: Sequence[GivenAnswer], features: Mapping[str, Floats] | None = None) -> list[Skill]:
    """The skill of each annotator, in alphabetical order. A tie counts as half an answer each way; skips are left out.

    With `features` (clip → row of numbers of unit variance) a clip's score is linear in them, else each clip has its
    own: with few labels per clip, own scores fit any answers, and only features distinguish random from careful ones.
    The interval treats the scores as known.
    """
    if features is not None:
        answers = [a for a in answers if a.left_clip_id in features and a.right_clip_id in features]
    data = as_arrays(answers, features)
    if data is None:
        return []
    weights = np.zeros(data.rows.shape[1])
    scores = data.rows @ weights
    skill, habit = np.full(len(data.names), 0.8), np.full(len(data.names), 0.5)
    before = -np.inf
    for _ in range(_ROUNDS):
        attention = _responsibilities(data, scores, skill, habit)
        weights = fit_weights(data, data.weight * attention, weights)
        scores = data.rows @ weights
        skill, habit = _fit_annotators(data, attention)
        now = log_likelihood(data, scores, skill, habit)
        if abs(now - before) < _CONVERGED * max(1.0, abs(now)) * 0.01:
            break
        before = now
    bounds = [_credible(data, scores, k, habit[k]) for k in range(len(data.names))]
    counts = np.bincount(data.who, data.weight, len(data.names))
    return [
        Skill(
            annotator=name,
            answers=round(float(counts[k])),
            skill=bounds[k][0],
            low=bounds[k][1],
            high=bounds[k][2],
            left_habit=float(habit[k]),
        )
        for k, name in enumerate(data.names)
    ]


def as_arrays(answers: Sequence[GivenAnswer], features: Mapping[str, Floats] | None) -> _Data | None:
    """The answers as arrays, ties as two halves; None where there are none."""
    rows = [answer for answer in answers if answer.verdict is not None]
    if not rows:
        return None
    names = sorted({answer.annotator for answer in rows})
    place = {name: k for k, name in enumerate(names)}
    item: dict[str, int] = {}
    for answer in rows:
        for clip_id in (answer.left_clip_id, answer.right_clip_id):
            item.setdefault(clip_id, len(item))
    spread = [(a, side) for a in rows for side in (("left", "right") if a.answer == "tie" else (a.answer,))]
    return _Data(
        left=np.array([item[a.left_clip_id] for a, _ in spread]),
        right=np.array([item[a.right_clip_id] for a, _ in spread]),
        answered_left=np.array([float(side == "left") for _, side in spread]),
        who=np.array([place[a.annotator] for a, _ in spread]),
        weight=np.array([0.5 if a.answer == "tie" else 1.0 for a, _ in spread]),
        rows=np.eye(len(item)) if features is None else np.array([features[clip_id] for clip_id in item]),
        precision=_ITEM_PRECISION if features is None else FEATURE_PRECISION,
        names=names,
    )


def _answer_probabilities(data: _Data, scores: Floats, habit: Floats) -> tuple[Floats, Floats]:
    """The probability of each given answer with attention, and without."""
    sign = 2 * data.answered_left - 1
    looking = sigmoid(sign * (scores[data.left] - scores[data.right]))
    blind = np.where(data.answered_left == 1, habit[data.who], 1 - habit[data.who])
    return looking, blind


def log_likelihood(data: _Data, scores: Floats, skill: Floats, habit: Floats) -> float:
    """Log likelihood of all answers, without priors."""
    looking, blind = _answer_probabilities(data, scores, habit)
    mixed = skill[data.who] * looking + (1 - skill[data.who]) * blind
    return float(data.weight @ np.log(mixed))


def _responsibilities(data: _Data, scores: Floats, skill: Floats, habit: Floats) -> Floats:
    """E step: the probability that each pair was answered with attention, given the answer."""
    looking, blind = _answer_probabilities(data, scores, habit)
    seen = skill[data.who] * looking
    out: Floats = seen / (seen + (1 - skill[data.who]) * blind)
    return out


def fit_weights(data: _Data, weight: Floats, start: Floats) -> Floats:
    """M step of the scores: weighted Bradley–Terry with a Gaussian prior, two Newton steps from `start`."""
    differences = data.rows[data.left] - data.rows[data.right]
    return most_likely(
        differences,
        data.answered_left,
        data.precision,
        times=weight,
        start=start,
        steps=2,
        longest=np.inf,
        converged=0.0,
    )


def _fit_annotators(data: _Data, attention: Floats) -> tuple[Floats, Floats]:
    """M step of the annotators: `(skill, left habit)`, modes of their Beta posteriors given `attention`."""
    n = len(data.names)
    total = np.bincount(data.who, data.weight, n)
    seen = np.bincount(data.who, data.weight * attention, n)
    blind_left = np.bincount(data.who, data.weight * (1 - attention) * data.answered_left, n)
    a, b = _SKILL_PRIOR
    c, d = _HABIT_PRIOR
    skill = (seen + a - 1) / (total + a + b - 2)
    habit = (blind_left + c - 1) / (total - seen + c + d - 2)
    return np.clip(skill, 1e-3, 1 - 1e-3), np.clip(habit, 1e-3, 1 - 1e-3)


def _credible(data: _Data, scores: Floats, k: int, habit: float) -> tuple[float, float, float]:
    """Posterior mean and 95 % credible interval of one annotator's skill, on a grid."""
    mine = data.who == k
    looking, blind = _answer_probabilities(data, scores, np.full(len(data.names), habit))
    mixed = _GRID[:, None] * looking[mine] + (1 - _GRID[:, None]) * blind[mine]
    a, b = _SKILL_PRIOR
    log = np.log(mixed) @ data.weight[mine] + (a - 1) * np.log(_GRID) + (b - 1) * np.log1p(-_GRID)
    density = np.exp(log - log.max())
    density /= density.sum()
    low, high = np.interp([0.025, 0.975], np.cumsum(density), _GRID)
    return float(density @ _GRID), float(low), float(high)
