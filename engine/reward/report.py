"""The report of a training: the ensemble and its baselines, judged by labels of sources that they never saw."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.reward.baselines import linear_rewards, scaled_rewards
from engine.reward.ceiling import repeat_ceiling, truth_ceiling
from engine.reward.metrics import (
    calibration_error,
    interval,
    kendall_tau,
    log_loss,
    pair_accuracy,
    pair_auc,
    reliability,
    source_weights,
)
from engine.reward.strengths import clip_strengths
from engine.reward.verdict import verdict
from engine.statistics.correlation import weighted_spearman

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.reward.crossval import HeldOut
    from engine.reward.prepare import Prepared
    from engine.reward.settings import TrainingSettings
    from engine.reward.split import Fold

__all__ = ["MEASURES", "Evidence", "judge"]

MEASURES = ("accuracy", "auc", "log_loss", "calibration_error", "kendall")
"""The measures of a judge, in the order in which they are shown."""
MISTAKES = 12
DIAGRAMS = ("ensemble", "linear", "composite")


@dataclass(frozen=True)
class Evidence:
    """What judges are held against besides the labels; rows are the prepared clips."""

    composite: NDArray[np.float64] | None = None
    """`(n_clips,)`: the composite score, NaN where a clip has none."""
    quality: NDArray[np.float64] | None = None
    """`(n_clips,)`: the hidden quality of rendered clips, known for simulated labels only."""
    clip_ids: tuple[str, ...] = ()


def judge(
    prepared: Prepared,
    folds: Sequence[Fold],
    held: HeldOut,
    training: TrainingSettings,
    evidence: Evidence,
    *,
    seed: int,
) -> dict[str, Any]:
    """The report as plain data (`metrics` of a reward model), without the learning curve."""
    court = Court(prepared, folds, held, training, seed)
    rows = [court.row("ensemble", "Ensemble", "ensemble", court.own())]
    rows.append(court.row("linear", "Linear Bradley–Terry", "baseline", linear_rewards(prepared, folds, seed)))
    if evidence.composite is not None and np.isfinite(evidence.composite).any():
        rewards = scaled_rewards(evidence.composite, prepared.pairs, folds, upright=True)
        rows.append(court.row("composite", "Composite score", "baseline", rewards))
    rows.append(court.row("chance", "Chance", "baseline", np.zeros((len(folds), len(prepared)))))
    for place, name in enumerate(prepared.layout.columns):
        rewards = scaled_rewards(prepared.values[:, place], prepared.pairs, folds)
        rows.append(court.row(name, name, "feature", rewards))
    ceiling = court.ceiling(evidence.quality)
    held_out = len(np.unique(held.pair))
    found = {
        "held_out_labels": held_out,
        "judges": [{key: value for key, value in row.items() if key != "draws"} for row in rows],
        "ceiling": None if ceiling is None else {key: value for key, value in ceiling.items() if key != "draws"},
        "mistakes": court.mistakes(evidence.clip_ids),
        "curve": {
            "epochs": held.looks.tolist(),
            "train": held.train_loss.tolist(),
            "held_out": held.held_out_loss.tolist(),
        },
        "robot": court.robot(),
    }
    found["verdict"] = verdict(rows, ceiling, held_out)
    return found


class Court:
    """The held-out labels, the weights of their resamplings, and what is measured on them."""

    def __init__(
        self, prepared: Prepared, folds: Sequence[Fold], held: HeldOut, training: TrainingSettings, seed: int
    ) -> None:
        self._prepared, self._held, self._beta = prepared, held, training.preference.beta
        pairs = prepared.pairs
        self._rounds, self._seed = training.report.bootstrap_rounds, seed
        names, source = np.unique(prepared.video_ids, return_inverse=True)
        self._source, self._sources = source, len(names)
        self._left, self._right, self._target = pairs.left[held.pair], pairs.right[held.pair], pairs.target[held.pair]
        # A label counts once in all, however many repeats held it out.
        once = 1 / np.bincount(held.pair, minlength=len(pairs))[held.pair]
        self._weights = self._drawn(source[self._left], source[self._right]) * once
        self._first, self._second, self._clip_fold = clip_pairs(held)
        strength = clip_strengths(pairs, len(prepared))
        self._strength = strength[self._first] - strength[self._second]
        self._clip_weights = self._drawn(source[self._first], source[self._second])

    def _drawn(self, left: NDArray[np.intp], right: NDArray[np.intp]) -> NDArray[np.float64]:
        return source_weights(left, right, sources=self._sources, rounds=self._rounds, seed=self._seed)

    def own(self) -> NDArray[np.float64]:
        """`(folds, n_clips)`: the ensemble's held-out rewards; 0 where a clip was not held out."""
        rewards = np.zeros((int(self._held.clip_fold.max()) + 1, len(self._prepared)))
        rewards[self._held.clip_fold, self._held.clip] = self._held.reward
        return rewards

    def row(self, key: str, title: str, kind: str, rewards: NDArray[np.float64]) -> dict[str, Any]:
        """A judge's measures, given the rewards `(folds, n_clips)` that it gave; `draws` for comparing judges."""
        difference = rewards[self._held.fold, self._left] - rewards[self._held.fold, self._right]
        probability = 1 / (1 + np.exp(-np.clip(self._beta * difference, -500, 500)))
        among = rewards[self._clip_fold, self._first] - rewards[self._clip_fold, self._second]
        draws = {
            "accuracy": pair_accuracy(difference, self._target, self._weights),
            "auc": pair_auc(difference, self._target, self._weights),
            "log_loss": log_loss(probability, self._target, self._weights),
            "calibration_error": calibration_error(probability, self._target, self._weights),
            "kendall": kendall_tau(among, self._strength, self._clip_weights),
        }
        row: dict[str, Any] = {"key": key, "title": title, "kind": kind, "draws": draws}
        row |= {name: asdict(interval(values)) for name, values in draws.items()}
        if key in DIAGRAMS:
            row["reliability"] = reliability(probability, self._target, self._weights)
        return row

    def ceiling(self, quality: NDArray[np.float64] | None) -> dict[str, Any] | None:
        """What a perfect reward would score, where truth or repeats tell."""
        if quality is not None and np.isfinite(quality[self._left] - quality[self._right]).all():
            return truth_ceiling(quality[self._left] - quality[self._right], self._target, self._weights)
        return repeat_ceiling(self._prepared.pairs, self._rounds, self._seed)

    def mistakes(self, clip_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The held-out labels that surprised the ensemble most, each once."""
        pairs, held = self._prepared.pairs, self._held
        count = np.maximum(np.bincount(held.pair, minlength=len(pairs)), 1)
        difference = np.bincount(held.pair, weights=held.difference, minlength=len(pairs)) / count
        left = 1 / (1 + np.exp(-self._beta * difference))
        said = np.where(pairs.target > 0.5, left, 1 - left)
        wrong = np.flatnonzero((pairs.target != 0.5) & (difference != 0) & (said < 0.5))
        return [
            {
                "left": clip_ids[pairs.left[i]],
                "right": clip_ids[pairs.right[i]],
                "answer": "left" if pairs.target[i] > 0.5 else "right",
                "annotator": pairs.annotators[i],
                "probability": float(said[i]),
            }
            for i in wrong[np.argsort(said[wrong])][:MISTAKES]
            if clip_ids
        ]

    def robot(self) -> dict[str, Any] | None:
        """How well the robot head foretells the gains of held-out sources."""
        held, gains = self._held, self._prepared.gains
        if len(held.gain) < 3:
            return None
        measured, said = gains[held.gain], held.predicted_gain
        source = self._source[self._prepared.gain_rows[held.gain]]
        weights = self._drawn(source, source)
        error = np.abs(said - measured)
        total = np.maximum(weights.sum(axis=1), 1e-9)
        return {
            "gains": len(np.unique(held.gain)),
            "spearman": asdict(interval(weighted_spearman(said, measured, weights))),
            "mean_absolute_error": asdict(interval(weights @ error / total)),
            "spread": float(gains.std()),
        }


def clip_pairs(held: HeldOut) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Every two clips that one fold held out: first, second, fold. At most 2000 a fold, evenly picked."""
    found = []
    for fold in np.unique(held.clip_fold):
        clips = held.clip[held.clip_fold == fold]
        first, second = np.triu_indices(len(clips), 1)
        picked = np.linspace(0, len(first) - 1, min(len(first), 2000)).astype(np.intp)
        found.append(np.stack([clips[first[picked]], clips[second[picked]], np.full(len(picked), fold)]))
    first, second, fold = np.concatenate(found, axis=1)
    return first, second, fold
