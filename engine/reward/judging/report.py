"""The report of a training: the ensemble and its baselines, judged by labels of sources that they never saw."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.preference.bradley_terry import sigmoid
from engine.reward.judging.baselines import linear_rewards, scaled_rewards
from engine.reward.judging.ceiling import repeat_ceiling, truth_ceiling
from engine.reward.judging.strengths import clip_strengths
from engine.reward.judging.verdict import verdict
from engine.statistics.correlation import weighted_spearman
from engine.statistics.pair_metrics import (
    calibration_error,
    first_with_interval,
    kendall_tau,
    log_loss,
    pair_accuracy,
    pair_auc,
    reliability,
    source_weights,
)
from engine.statistics.pieces import UNCOMPARED, comparison_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.reward.crossval import HeldOut
    from engine.reward.prepare import Prepared
    from engine.reward.settings import TrainingSettings
    from engine.reward.split import Fold

__all__ = ["MEASURES", "REPORT_VERSION", "Evidence", "judge"]

REPORT_VERSION = 2
"""2: Spearman's ρ of gains gives tied values their mean rank; Kendall's τ compares only clips that answers connect."""

MEASURES = ("accuracy", "auc", "log_loss", "calibration_error", "kendall")
"""The measures of a judge, in the order in which they are shown."""
MISTAKES = 12
MOST_CLIP_PAIRS = 2000
DIAGRAMS = ("ensemble", "linear", "composite")
NO_SIDE = "no held-out label chooses a side"
NO_INTERVAL = "the held-out labels are of too few videos for an interval"
EMPTY = {
    "kendall": "no two clips that were held out together differ in how often they were chosen",
    "spearman": "all gains that were held out, or all that were foretold, are the same",
}
"""Why a measure has no value."""


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
    on_progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """The report as plain data (`metrics` of a reward model), without the learning curve. `on_progress(share done)` is
    called after every judge."""
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
        if on_progress is not None:
            on_progress((place + 1) / len(prepared.layout.columns))
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
        # Strengths of clips that no chain of answers joins are on scales of their own.
        piece = comparison_pieces(pairs.left, pairs.right, len(prepared))
        joined = (piece[self._first] == piece[self._second]) & (piece[self._first] != UNCOMPARED)
        self._clip_weights = self._drawn(source[self._first], source[self._second]) * joined

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
        probability = sigmoid(self._beta * difference)
        among = rewards[self._clip_fold, self._first] - rewards[self._clip_fold, self._second]
        draws = {
            "accuracy": pair_accuracy(difference, self._target, self._weights),
            "auc": pair_auc(difference, self._target, self._weights),
            "log_loss": log_loss(probability, self._target, self._weights),
            "calibration_error": calibration_error(probability, self._target, self._weights),
            "kendall": kendall_tau(among, self._strength, self._clip_weights),
        }
        row: dict[str, Any] = {"key": key, "title": title, "kind": kind, "draws": draws}
        row |= {name: entry(values, EMPTY.get(name, NO_SIDE)) for name, values in draws.items()}
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
        left = sigmoid(self._beta * difference)
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
            "spearman": entry(weighted_spearman(said, measured, weights), EMPTY["spearman"]),
            "mean_absolute_error": entry(weights @ error / total, ""),
            "spread": float(gains.std()),
        }


def entry(draws: NDArray[np.float64], why_empty: str) -> dict[str, Any]:
    """A measure with its interval; with `why` where one of them could not be computed."""
    found = first_with_interval(draws)
    if not np.isfinite(found.value):
        return {**asdict(found), "why": why_empty}
    return asdict(found) if np.isfinite(found.low) else {**asdict(found), "why": NO_INTERVAL}


def clip_pairs(held: HeldOut) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Every two clips that one fold held out: first, second, fold. At most `MOST_CLIP_PAIRS` a fold, evenly picked."""
    found = []
    for fold in np.unique(held.clip_fold):
        clips = held.clip[held.clip_fold == fold]
        count = len(clips) * (len(clips) - 1) // 2
        picked = np.linspace(0, count - 1, min(count, MOST_CLIP_PAIRS)).astype(np.intp)
        first, second = nth_pairs(picked, len(clips))
        found.append(np.stack([clips[first], clips[second], np.full(len(picked), fold)]))
    first, second, fold = np.concatenate(found, axis=1)
    return first, second, fold


def nth_pairs(numbers: NDArray[np.intp], n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Entries `numbers` of `np.triu_indices(n, 1)`, without making all n²/2 of them."""
    begins = np.cumsum(np.arange(n - 1, -1, -1)) - np.arange(n - 1, -1, -1)
    first = np.searchsorted(begins[: n - 1], numbers, "right") - 1
    return first, numbers - begins[first] + first + 1
