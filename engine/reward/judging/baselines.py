"""What a reward must beat: a linear Bradley–Terry fit, the composite score, each feature alone, and a coin.

Each is fitted on a fold's training labels and asked about its held-out ones, like the ensemble.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.preference.bradley_terry import most_likely, negative_log_likelihood
from engine.reward.linear_part import linear_inputs
from engine.reward.split import source_folds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Floats, Rows
    from engine.reward.prepare import Prepared
    from engine.reward.split import Fold
    from engine.tables.types import PairTable

__all__ = ["fit_linear", "linear_rewards", "scaled_rewards"]

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Inverse L2 penalties that are tried (scikit-learn's C)."""
INNER_FOLDS = 3


def fit_linear(x: Floats, pairs: PairTable, rows: Rows, strength: float) -> Floats:
    """`(width,)` weights of the linear Bradley–Terry model: logistic regression on feature differences, without an
    intercept, since the sides are alike. A tie is half a win each way."""
    from sklearn.linear_model import LogisticRegression

    difference = x[pairs.left[rows]] - x[pairs.right[rows]]
    target = pairs.target[rows]
    model = LogisticRegression(C=strength, fit_intercept=False, max_iter=1000)
    model.fit(
        np.concatenate([difference, difference]),
        np.repeat([1, 0], len(rows)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return np.asarray(model.coef_[0], np.float64)


def linear_rewards(prepared: Prepared, folds: Sequence[Fold], seed: int) -> Floats:
    """`(folds, n_clips)`: rewards of the linear fit on each fold's training labels, its L2 penalty chosen on sources
    held out from those."""
    rewards = np.zeros((len(folds), len(prepared)))
    for number, fold in enumerate(folds):
        inside = np.zeros(len(prepared), np.bool_)
        inside[prepared.pairs.left[fold.train]] = inside[prepared.pairs.right[fold.train]] = True
        inputs = prepared.inputs(prepared.scaling(inside))
        x = inputs[:, linear_inputs(prepared.layout)].astype(np.float64)
        rows = np.flatnonzero(fold.train)
        best = choose_strength(prepared, x, rows, seed + number)
        rewards[number] = x @ fit_linear(x, prepared.pairs, rows, best)
    return rewards


def choose_strength(prepared: Prepared, x: Floats, rows: Rows, seed: int) -> float:
    """The penalty under which held-out labels are told best; the middle one where no source can be held out."""
    pairs = prepared.pairs.take(rows)
    inner = source_folds(prepared.video_ids, pairs, folds=INNER_FOLDS, repeats=1, seed=seed)
    if not inner:
        return STRENGTHS[len(STRENGTHS) // 2]
    losses = []
    for strength in STRENGTHS:
        total = 0.0
        for fold in inner:
            reward = x @ fit_linear(x, pairs, np.flatnonzero(fold.train), strength)
            logit = (reward[pairs.left] - reward[pairs.right])[fold.test]
            total += float(negative_log_likelihood(logit, pairs.target[fold.test]).sum())
        losses.append(total)
    return STRENGTHS[int(np.argmin(losses))]


def scaled_rewards(score: Floats, pairs: PairTable, folds: Sequence[Fold], *, upright: bool = False) -> Floats:
    """`(folds, n_clips)`: one score of each clip, times the factor under which it tells each fold's training labels
    best: P(left) = σ(factor × difference). A score that a clip lacks stands at the mean. With `upright`, more stays
    better."""
    known = score[np.isfinite(score)]
    spread = float(known.std()) if len(known) else 0.0
    z = np.where(np.isfinite(score), score - (known.mean() if len(known) else 0.0), 0.0) / (spread or 1.0)
    difference = z[pairs.left] - z[pairs.right]
    factors = np.array([factor(difference[fold.train], pairs.target[fold.train]) for fold in folds])
    return np.asarray((np.maximum(factors, 1e-3) if upright else factors)[:, None] * z)


def factor(difference: Floats, target: Floats, penalty: float = 1.0) -> float:
    """The most likely factor of one score; the slight penalty keeps it finite."""
    return float(most_likely(difference[:, None], target, penalty, steps=30)[0])
