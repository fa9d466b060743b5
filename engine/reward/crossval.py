"""Networks held against sources that they never saw: when to stop training, and how good a reward can be expected to
be.

All folds and all members train side by side, as one stack of networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.reward.prepare import Prepared
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.reward.split import Fold
    from engine.reward.train import Look, Task

__all__ = ["HeldOut", "cross_validate", "label_weights", "standardised_gains"]


@dataclass(frozen=True)
class HeldOut:
    """What was said of labels and gains by networks that saw neither of their sources.

    A row is one label in one repeat; the number of epochs behind it was chosen on other labels.
    """

    pair: NDArray[np.intp]
    """`(n_rows,)`: which label."""
    repeat: NDArray[np.intp]
    difference: NDArray[np.float64]
    """`(n_rows,)`: reward left − reward right, mean over the members."""
    gain: NDArray[np.intp]
    """`(n_gain_rows,)`: which gain."""
    predicted_gain: NDArray[np.float64]
    """`(n_gain_rows,)`, in the gains' own unit."""
    epochs: int
    """After how many passes the held-out labels were told best, over all folds."""
    looks: NDArray[np.intp]
    train_loss: NDArray[np.float64]
    """`(looks,)`: mean over the folds."""
    held_out_loss: NDArray[np.float64]
    """`(looks,)`: mean over the held-out labels."""


def cross_validate(
    prepared: Prepared,
    folds: Sequence[Fold],
    model: ModelSettings,
    training: TrainingSettings,
    *,
    seed: int,
    on_look: Callable[[int, float, float], None] | None = None,
) -> HeldOut:
    """Train `model.ensemble.members` networks for each fold. `on_look(epoch, train loss, held-out loss)`."""
    from engine.reward.train import train

    members = model.ensemble.members
    task, scales = fold_task(prepared, folds, model, seed)
    rows = [(number, pair) for number, fold in enumerate(folds) for pair in np.flatnonzero(fold.test)]
    fold_of, pair_of = (np.array(column, dtype=np.intp) for column in zip(*rows, strict=True))
    losses: list[NDArray[np.float64]] = []
    target = prepared.pairs.target[pair_of]
    best = [np.inf, 0.0]

    def said(difference: NDArray[np.float32]) -> NDArray[np.float64]:
        by_fold = difference.reshape(len(folds), members, -1).mean(axis=1, dtype=np.float64)
        return np.asarray(by_fold[fold_of, pair_of])

    def look(seen: Look) -> bool:
        losses.append(surprise(said(seen.difference), target, training.preference.beta))
        mean = float(losses[-1].mean())
        if on_look is not None:
            on_look(seen.epoch, float(seen.train_loss.mean()), mean)
        if mean < best[0] - 1e-4:
            best[:] = [mean, seen.epoch]
        return seen.epoch - best[1] >= training.optimiser.patience

    _, history = train(task, model, training, epochs=training.optimiser.epochs, seed=seed, on_look=look)
    loss = np.stack(losses)
    chosen = [best_look(loss, pair_of, fold) for fold in folds]
    whole = int(loss.mean(axis=1).argmin())
    difference = np.empty(len(pair_of))
    gain_rows: list[NDArray[np.intp]] = []
    predicted: list[NDArray[np.float64]] = []
    for number, fold in enumerate(folds):
        mine = fold_of == number
        place = slice(number * members, (number + 1) * members)
        difference[mine] = said(history.difference[chosen[number]])[mine]
        held = np.flatnonzero(fold.held_out[prepared.gain_rows])
        mean, scale = scales[number]
        gain_rows.append(held)
        predicted.append(history.gain[chosen[number], place].mean(axis=0)[held] * scale + mean)
    return HeldOut(
        pair_of,
        np.array([folds[number].repeat for number in fold_of], dtype=np.intp),
        difference,
        np.concatenate(gain_rows),
        np.concatenate(predicted).astype(np.float64),
        int(history.epochs[whole]),
        history.epochs,
        history.train_loss.mean(axis=1),
        loss.mean(axis=1),
    )


def best_look(loss: NDArray[np.float64], pair_of: NDArray[np.intp], fold: Fold) -> int:
    """The look at which labels that this fold does not test were told best; the last where there are none."""
    others = ~fold.test[pair_of]
    return int(loss[:, others].mean(axis=1).argmin()) if others.any() else len(loss) - 1


def surprise(difference: NDArray[np.float64], target: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """−log P of each answer under Bradley–Terry, ties as half a win each way (see `engine/reward/loss.py`)."""
    logit = beta * difference
    return np.asarray(np.logaddexp(0, logit) - target * logit)


def fold_task(
    prepared: Prepared, folds: Sequence[Fold], model: ModelSettings, seed: int
) -> tuple[Task, list[tuple[float, float]]]:
    """One view of the clips a fold, standardised on what it trains on, and one network a fold and member."""
    from engine.reward.train import Task

    members = model.ensemble.members
    pairs = prepared.pairs
    inputs, weights, gain_weights, gains, scales = [], [], [], [], []
    for number, fold in enumerate(folds):
        inside = np.zeros(len(prepared), np.bool_)
        inside[pairs.left[fold.train]] = inside[pairs.right[fold.train]] = True
        learned = ~fold.held_out[prepared.gain_rows]
        inside[prepared.gain_rows[learned]] = True
        inputs.append(prepared.inputs(prepared.scaling(inside)))
        weights.append(label_weights(fold.train, members, seed=seed + 7919 * number, resample=model.ensemble.resample))
        scaled, mean, scale = standardised_gains(prepared.gains, learned)
        scales.append((mean, scale))
        gains.append(np.tile(scaled, (members, 1)))
        gain_weights.append(np.tile(learned.astype(np.float64), (members, 1)))
    task = Task(
        np.stack(inputs),
        np.repeat(np.arange(len(folds)), members),
        pairs.left,
        pairs.right,
        pairs.target,
        np.concatenate(weights),
        prepared.gain_rows,
        np.concatenate(gains),
        np.concatenate(gain_weights),
        group_index(prepared),
    )
    return task, scales


def group_index(prepared: Prepared) -> NDArray[np.intp] | None:
    """The group of each input, where groups may be missing."""
    if not prepared.layout.learned_groups:
        return None
    names = prepared.layout.group_names
    return np.array([names.index(group) for group in prepared.layout.input_groups], dtype=np.intp)


def label_weights(learned: NDArray[np.bool_], members: int, *, seed: int, resample: bool) -> NDArray[np.float64]:
    """`(members, n_pairs)`: 0 for labels that are not learned from; for the others 1, or where labels are resampled
    draws from Exp(1) (D. B. Rubin, "The Bayesian bootstrap", Annals of Statistics 9, 1981)."""
    weights = np.tile(learned.astype(np.float64), (members, 1))
    if resample and members > 1:
        weights *= np.random.Generator(np.random.PCG64(seed)).exponential(size=weights.shape)
    return weights


def standardised_gains(
    gains: NDArray[np.float64], learned: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float, float]:
    """Gains less their mean, over their standard deviation, both of those that are learned from."""
    some = gains[learned]
    mean = float(some.mean()) if len(some) else 0.0
    scale = float(some.std()) if len(some) > 1 else 0.0
    scale = scale if scale > 1e-12 else 1.0
    return (gains - mean) / scale, mean, scale
