"""Networks held against sources that they never saw: when to stop training, and how good a reward can be expected to
be.

All folds and all members train side by side, as one stack of networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.preference.bradley_terry import negative_log_likelihood
from engine.reward.linear_part import linear_gains, linear_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.reward.network.train import EpochSnapshot, Task
    from engine.reward.prepare import Prepared
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.reward.split import Fold

__all__ = ["HeldOut", "cross_validate", "fold_task", "group_index", "label_weights", "standardised_gains"]


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What was said of labels, clips and gains by networks that saw none of their sources.

    A row is one label (or clip, or gain) in one repeat; the number of epochs behind it was chosen on other labels.
    """

    pair: Rows
    """`(n_rows,)`: which label."""
    fold: Rows
    """`(n_rows,)`: which fold held it out."""
    difference: Floats
    """`(n_rows,)`: reward left − reward right, mean over the members."""
    clip: Rows
    """`(n_clip_rows,)`: which clip."""
    clip_fold: Rows
    reward: Floats
    """`(n_clip_rows,)`: its reward; comparable within a fold only."""
    gain: Rows
    """`(n_gain_rows,)`: which gain."""
    predicted_gain: Floats
    """`(n_gain_rows,)`, in the gains' own unit."""
    epochs: int
    """After how many passes the held-out labels were told best, over all folds."""
    snapshot_epochs: Rows
    train_loss: Floats
    """`(snapshots,)`: mean over the folds."""
    held_out_loss: Floats
    """`(snapshots,)`: mean over the held-out labels."""


def cross_validate(
    prepared: Prepared,
    folds: Sequence[Fold],
    model: ModelSettings,
    training: TrainingSettings,
    *,
    seed: int,
    on_snapshot: Callable[[int, float, float], None] | None = None,
    on_epoch: Callable[[float], None] | None = None,
) -> HeldOut:
    """Train `model.ensemble.members` networks for each fold. `on_snapshot(epoch, train loss, held-out loss)` every few
    epochs, `on_epoch(share of the epochs done)` after each."""
    from engine.reward.network.train import train

    task, scales = fold_task(prepared, folds, model, training, seed)
    stopping = EarlyStopping(prepared, folds, training, on_snapshot)
    train(task, model, training, epochs=training.optimiser.epochs, seed=seed, on_snapshot=stopping, on_epoch=on_epoch)
    return stopping.result(scales)


class EarlyStopping:
    """Follows the loss on held-out sources through a training, and stops it when that no longer falls."""

    def __init__(
        self,
        prepared: Prepared,
        folds: Sequence[Fold],
        training: TrainingSettings,
        on_snapshot: Callable[[int, float, float], None] | None,
    ) -> None:
        self._prepared, self._folds, self._training, self._on_snapshot = prepared, folds, training, on_snapshot
        rows = [(number, pair) for number, fold in enumerate(folds) for pair in np.flatnonzero(fold.test)]
        self._fold, self._pair = (np.array(column, dtype=np.intp) for column in zip(*rows, strict=True))
        self._epochs: list[int] = []
        self._train_loss: list[float] = []
        self._loss: list[Floats] = []
        self._reward: list[NDArray[np.float32]] = []
        self._gain: list[NDArray[np.float32]] = []

    def __call__(self, seen: EpochSnapshot) -> bool:
        """Keep a snapshot; true once the held-out loss has not fallen for `patience` epochs: training should stop."""
        count = len(self._folds)
        self._reward.append(seen.reward.reshape(count, len(seen.reward) // count, -1).mean(axis=1))
        self._gain.append(seen.gain.reshape(count, len(seen.gain) // count, seen.gain.shape[1]).mean(axis=1))
        self._epochs.append(seen.epoch)
        self._train_loss.append(float(seen.train_loss.mean()))
        target = self._prepared.pairs.target[self._pair]
        logit = self._training.preference.beta * self._difference(-1, self._fold)
        self._loss.append(negative_log_likelihood(logit, target))
        means = [float(loss.mean()) for loss in self._loss]
        if self._on_snapshot is not None:
            self._on_snapshot(seen.epoch, self._train_loss[-1], means[-1])
        return seen.epoch - self._epochs[int(np.argmin(means))] >= self._training.optimiser.patience

    def _difference(self, snapshot: int | Rows, fold: Rows) -> Floats:
        """Reward left − reward right of the held-out labels; `snapshot` is one for all, or `(n_rows,)`."""
        pairs = self._prepared.pairs
        if isinstance(snapshot, int):
            rewards = self._reward[snapshot]
            return np.asarray(rewards[fold, pairs.left[self._pair]] - rewards[fold, pairs.right[self._pair]], float)
        rewards = np.stack(self._reward)
        left, right = pairs.left[self._pair], pairs.right[self._pair]
        return np.asarray(rewards[snapshot, fold, left] - rewards[snapshot, fold, right], np.float64)

    def result(self, scales: Sequence[tuple[float, float]]) -> HeldOut:
        """What each fold's members said at the snapshot that was best on other folds' labels."""
        loss = np.stack(self._loss)
        best = [best_snapshot(loss, self._pair, fold) for fold in self._folds]
        clips, gains = [], []
        for number, fold in enumerate(self._folds):
            clips.append([(number, int(row)) for row in np.flatnonzero(fold.held_out)])
            gains.append([(number, int(row)) for row in np.flatnonzero(fold.held_out[self._prepared.gain_rows])])
        clip_fold, clip = columns(clips)
        gain_fold, gain = columns(gains)
        snapshot = np.array(best, dtype=np.intp)
        mean, scale = (np.array(column) for column in zip(*scales, strict=True))
        return HeldOut(
            pair=self._pair,
            fold=self._fold,
            difference=self._difference(snapshot[self._fold], self._fold),
            clip=clip,
            clip_fold=clip_fold,
            reward=np.stack(self._reward)[snapshot[clip_fold], clip_fold, clip].astype(np.float64),
            gain=gain,
            predicted_gain=np.stack(self._gain)[snapshot[gain_fold], gain_fold, gain] * scale[gain_fold]
            + mean[gain_fold],
            epochs=self._epochs[int(loss.mean(axis=1).argmin())],
            snapshot_epochs=np.array(self._epochs, dtype=np.intp),
            train_loss=np.array(self._train_loss),
            held_out_loss=loss.mean(axis=1),
        )


def columns(rows: Sequence[Sequence[tuple[int, int]]]) -> tuple[Rows, Rows]:
    """Two columns out of lists of two."""
    flat = np.array([row for some in rows for row in some], dtype=np.intp).reshape(-1, 2)
    return flat[:, 0], flat[:, 1]


def best_snapshot(loss: Floats, pair_of: Rows, fold: Fold) -> int:
    """The snapshot at which labels that this fold does not test were told best; the last where there are none."""
    others = ~fold.test[pair_of]
    return int(loss[:, others].mean(axis=1).argmin()) if others.any() else len(loss) - 1


def fold_task(
    prepared: Prepared, folds: Sequence[Fold], model: ModelSettings, training: TrainingSettings, seed: int
) -> tuple[Task, list[tuple[float, float]]]:
    """One view of the clips a fold, standardised on what it trains on, and one network a fold and member."""
    from engine.reward.network.train import Task

    members = model.ensemble.members
    pairs = prepared.pairs
    inputs, weights, linear, gain_linear, gain_weights, gains, scales = [], [], [], [], [], [], []
    for number, fold in enumerate(folds):
        inside = np.zeros(len(prepared), np.bool_)
        inside[pairs.left[fold.train]] = inside[pairs.right[fold.train]] = True
        learned = ~fold.held_out[prepared.gain_rows]
        inside[prepared.gain_rows[learned]] = True
        inputs.append(prepared.inputs(prepared.scaling(inside)))
        weights.append(label_weights(fold.train, members, seed=seed + 7919 * number, resample=model.ensemble.resample))
        linear.append(linear_part(prepared.layout, inputs[-1], pairs, weights[-1], training.preference.beta))
        scaled, mean, scale = standardised_gains(prepared.gains, learned)
        scales.append((mean, scale))
        gains.append(np.tile(scaled, (members, 1)))
        of_gains = linear_gains(prepared.layout, inputs[-1], prepared.gain_rows[learned], scaled[learned])
        gain_linear.append(np.tile(of_gains, (members, 1)))
        gain_weights.append(np.tile(learned.astype(np.float64), (members, 1)))
    task = Task(
        inputs=np.stack(inputs),
        view=np.repeat(np.arange(len(folds)), members),
        left=pairs.left,
        right=pairs.right,
        target=pairs.target,
        weights=np.concatenate(weights),
        linear=np.concatenate(linear),
        gain_linear=np.concatenate(gain_linear),
        gain_rows=prepared.gain_rows,
        gains=np.concatenate(gains),
        gain_weights=np.concatenate(gain_weights),
        groups=group_index(prepared),
    )
    return task, scales


def group_index(prepared: Prepared) -> Rows | None:
    """The group of each input, where groups may be missing."""
    if not prepared.layout.learned_groups:
        return None
    names = prepared.layout.group_names
    return np.array([names.index(group) for group in prepared.layout.input_groups], dtype=np.intp)


def label_weights(learned: Flags, members: int, *, seed: int, resample: bool) -> Floats:
    """`(members, n_pairs)`: 0 for labels that are not learned from; for the others 1, or where labels are resampled
    draws from Exp(1) (D. B. Rubin, "The Bayesian bootstrap", Annals of Statistics 9, 1981)."""
    weights = np.tile(learned.astype(np.float64), (members, 1))
    if resample and members > 1:
        weights *= np.random.Generator(np.random.PCG64(seed)).exponential(size=weights.shape)
    return weights


def standardised_gains(gains: Floats, learned: Flags) -> tuple[Floats, float, float]:
    """Gains less their mean, over their standard deviation, both of those that are learned from."""
    some = gains[learned]
    mean = float(some.mean()) if len(some) else 0.0
    scale = float(some.std()) if len(some) > 1 else 0.0
    scale = scale if scale > 1e-12 else 1.0
    return (gains - mean) / scale, mean, scale
