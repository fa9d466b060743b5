"""What more labels would bring: the same training on fewer of them, and the line through that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.preference.bradley_terry import sigmoid
from engine.reward.crossval import cross_validate
from engine.reward.judging.training_report import LearningCurve, LearningPoint
from engine.statistics.interval import Estimate
from engine.statistics.pair_metrics import first_with_interval, log_loss, pair_accuracy, source_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.arrays import Flags
    from engine.reward.prepare import Prepared
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.reward.split import Fold

__all__ = ["learning_curve"]

SHARES = (0.25, 0.5, 0.75, 1.0)
MEMBERS = 1
"""Networks for each point: enough for a trend, at a fifth of the time."""
MORE = 100


def learning_curve(
    prepared: Prepared,
    folds: Sequence[Fold],
    model: ModelSettings,
    training: TrainingSettings,
    *,
    seed: int,
    on_epoch: Callable[[float], None] | None = None,
) -> LearningCurve:
    """Accuracy and log loss by the number of labels, and what `MORE` labels may bring, where the trend tells.

    Folds of one repeat. Points share their held-out labels, so that they differ by what was learned from alone.
    """
    small = model.model_copy(
        update={"ensemble": model.ensemble.model_copy(update={"members": min(MEMBERS, model.ensemble.members)})}
    )
    thinned = [thin(fold, share, seed + number) for share in SHARES for number, fold in enumerate(folds)]
    held = cross_validate(prepared, thinned, small, training, seed=seed, on_epoch=on_epoch)
    pairs = prepared.pairs
    _, source = np.unique(prepared.video_ids, return_inverse=True)
    points = []
    for place, share in enumerate(SHARES):
        mine = held.fold // len(folds) == place
        rows, difference = held.pair[mine], held.difference[mine]
        left, right, target = pairs.left[rows], pairs.right[rows], pairs.target[rows]
        weights = source_weights(
            source[left],
            source[right],
            sources=int(source.max()) + 1,
            rounds=training.report.bootstrap_rounds,
            seed=seed,
        )
        probability = sigmoid(training.preference.beta * difference)
        points.append(
            LearningPoint(
                labels=round(share * len(pairs)),
                accuracy=Estimate.of(first_with_interval(pair_accuracy(difference, target, weights))),
                log_loss=Estimate.of(first_with_interval(log_loss(probability, target, weights))),
            )
        )
    return LearningCurve(points=tuple(points), more=MORE, gain=extrapolated(points, len(pairs)))


def thin(fold: Fold, share: float, seed: int) -> Fold:
    """The fold with a share of its training labels, at random; a smaller share is within a larger one."""
    order = np.random.Generator(np.random.PCG64(seed)).permutation(np.flatnonzero(fold.train))
    train: Flags = np.zeros_like(fold.train)
    train[order[: max(1, round(share * len(order)))]] = True
    return replace(fold, train=train)


def extrapolated(points: Sequence[LearningPoint], labels: int) -> float | None:
    """How much the accuracy may rise with `MORE` labels: errors fall like 1 / √labels, fitted by least squares. None
    where there is no rise to go on with."""
    accuracies = [point.accuracy.value for point in points if point.accuracy.value is not None]
    if len(accuracies) < len(points):
        return None
    x = np.array([1 / np.sqrt(max(point.labels, 1)) for point in points])
    slope = float(np.polyfit(x, np.array(accuracies), 1)[0])
    return -slope * (1 / np.sqrt(labels) - 1 / np.sqrt(labels + MORE)) if slope < 0 else None
