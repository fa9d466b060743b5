"""The report of a training: the ensemble and its baselines, judged by labels of sources that they never saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.preference.bradley_terry import sigmoid
from engine.reward.judging.baselines import linear_rewards, scaled_rewards
from engine.reward.judging.ceiling import repeat_ceiling, truth_ceiling
from engine.reward.judging.ranking import HeldOutClips, video_ranking
from engine.reward.judging.strengths import clip_strengths
from engine.reward.judging.training_report import HeldOutJudgement, Judge, LossCurve, Mistake, RobotHead
from engine.reward.judging.verdict import verdict
from engine.statistics.correlation import weighted_spearman
from engine.statistics.interval import Estimate
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

    from engine.arrays import Floats, Rows
    from engine.reward.crossval import HeldOut
    from engine.reward.judging.training_report import Ceiling, VerdictNote, VideoRanking
    from engine.reward.prepare import Prepared
    from engine.reward.settings import TrainingSettings
    from engine.reward.split import Fold

__all__ = ["Evidence", "judge"]

MISTAKES = 12
MOST_CLIP_PAIRS = 2000
DIAGRAMS = ("ensemble", "linear", "composite")
NO_SIDE = "no held-out label chooses a side"
NO_INTERVAL = "the held-out labels are of too few videos for an interval"
NO_RANKING = "no two clips that were held out together differ in how often they were chosen"
SAME_GAINS = "all gains that were held out, or all that were foretold, are the same"
"""Why a measure has no value, or no interval."""


@dataclass(frozen=True)
class Evidence:
    """What judges are held against besides the labels; rows are the prepared clips."""

    composite: Floats | None = None
    """`(n_clips,)`: the composite score, NaN where a clip has none."""
    quality: Floats | None = None
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
) -> tuple[HeldOutJudgement, tuple[VerdictNote, ...]]:
    """The judges with their measures, and what they come to. `on_progress(share done)` is called after every judge."""
    court = Court(prepared, folds, held, training, seed)
    judges = [court.judge("ensemble", "Ensemble", "ensemble", court.own())]
    judges.append(court.judge("linear", "Linear Bradley–Terry", "baseline", linear_rewards(prepared, folds, seed)))
    if evidence.composite is not None and np.isfinite(evidence.composite).any():
        rewards = scaled_rewards(evidence.composite, prepared.pairs, folds, upright=True)
        judges.append(court.judge("composite", "Composite score", "baseline", rewards))
    judges.append(court.judge("chance", "Chance", "baseline", np.zeros((len(folds), len(prepared)))))
    for place, name in enumerate(prepared.layout.columns):
        rewards = scaled_rewards(prepared.values[:, place], prepared.pairs, folds)
        judges.append(court.judge(name, name, "feature", rewards))
        if on_progress is not None:
            on_progress((place + 1) / len(prepared.layout.columns))
    judged = HeldOutJudgement(
        held_out_labels=len(np.unique(held.pair)),
        judges=tuple(judges),
        ceiling=court.ceiling(evidence.quality),
        mistakes=court.mistakes(evidence.clip_ids),
        curve=LossCurve(
            epochs=tuple(held.snapshot_epochs.tolist()),
            train=tuple(held.train_loss.tolist()),
            held_out=tuple(held.held_out_loss.tolist()),
        ),
        robot=court.robot(),
        ranking=court.ranking(),
    )
    return judged, verdict(judged, court.accuracy_draws)


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
        self._strengths = strength = clip_strengths(pairs, len(prepared))
        self._strength = strength[self._first] - strength[self._second]
        # Strengths of clips that no chain of answers joins are on scales of their own.
        self._pieces = piece = comparison_pieces(pairs.left, pairs.right, len(prepared))
        joined = (piece[self._first] == piece[self._second]) & (piece[self._first] != UNCOMPARED)
        self._clip_weights = self._drawn(source[self._first], source[self._second]) * joined
        self.accuracy_draws: dict[str, Floats] = {}
        """Judge → its accuracy in each resampling: judges are compared draw by draw."""

    def _drawn(self, left: Rows, right: Rows) -> Floats:
        return source_weights(left, right, sources=self._sources, rounds=self._rounds, seed=self._seed)

    def own(self) -> Floats:
        """`(folds, n_clips)`: the ensemble's held-out rewards; 0 where a clip was not held out."""
        rewards = np.zeros((int(self._held.clip_fold.max()) + 1, len(self._prepared)))
        rewards[self._held.clip_fold, self._held.clip] = self._held.reward
        return rewards

    def judge(self, key: str, title: str, kind: str, rewards: Floats) -> Judge:
        """A judge's measures, given the rewards `(folds, n_clips)` that it gave."""
        difference = rewards[self._held.fold, self._left] - rewards[self._held.fold, self._right]
        probability = sigmoid(self._beta * difference)
        among = rewards[self._clip_fold, self._first] - rewards[self._clip_fold, self._second]
        accuracy = pair_accuracy(difference, self._target, self._weights)
        error = calibration_error(probability, self._target, self._weights)
        self.accuracy_draws[key] = accuracy
        return Judge(
            key=key,
            title=title,
            kind=kind,
            accuracy=estimate(accuracy),
            auc=estimate(pair_auc(difference, self._target, self._weights)),
            log_loss=estimate(log_loss(probability, self._target, self._weights)),
            calibration_error=estimate(error),
            kendall=estimate(kendall_tau(among, self._strength, self._clip_weights), NO_RANKING),
            reliability=reliability(probability, self._target, self._weights) if key in DIAGRAMS else None,
        )

    def ceiling(self, quality: Floats | None) -> Ceiling | None:
        """What a perfect reward would score, where truth or repeats tell."""
        if quality is not None and np.isfinite(quality[self._left] - quality[self._right]).all():
            return truth_ceiling(quality[self._left] - quality[self._right], self._target, self._weights)
        return repeat_ceiling(self._prepared.pairs, self._rounds, self._seed)

    def mistakes(self, clip_ids: Sequence[str]) -> tuple[Mistake, ...]:
        """The held-out labels to which the ensemble gave the least chance, each once."""
        pairs, held = self._prepared.pairs, self._held
        count = np.maximum(np.bincount(held.pair, minlength=len(pairs)), 1)
        difference = np.bincount(held.pair, weights=held.difference, minlength=len(pairs)) / count
        left = sigmoid(self._beta * difference)
        said = np.where(pairs.target > 0.5, left, 1 - left)
        wrong = np.flatnonzero((pairs.target != 0.5) & (difference != 0) & (said < 0.5))
        return tuple(
            Mistake(
                left=clip_ids[pairs.left[i]],
                right=clip_ids[pairs.right[i]],
                answer="left" if pairs.target[i] > 0.5 else "right",
                annotator=pairs.annotators[i],
                probability=float(said[i]),
            )
            for i in wrong[np.argsort(said[wrong])][:MISTAKES]
            if clip_ids
        )

    def ranking(self) -> VideoRanking:
        """How well the ensemble ranks videos, and clips within a video."""
        clips = HeldOutClips.of(self._held, self._source, self._strengths, self._pieces, UNCOMPARED)
        return video_ranking(clips, sources=self._sources, rounds=self._rounds, seed=self._seed)

    def robot(self) -> RobotHead | None:
        """How well the robot head predicts the gains of held-out sources."""
        held, gains = self._held, self._prepared.gains
        if len(held.gain) < 3:
            return None
        measured, said = gains[held.gain], held.predicted_gain
        source = self._source[self._prepared.gain_rows[held.gain]]
        weights = self._drawn(source, source)
        error = np.abs(said - measured)
        total = np.maximum(weights.sum(axis=1), 1e-9)
        return RobotHead(
            gains=len(np.unique(held.gain)),
            spearman=estimate(weighted_spearman(said, measured, weights), SAME_GAINS),
            mean_absolute_error=estimate(weights @ error / total),
            spread=float(gains.std()),
        )


def estimate(draws: Floats, why_empty: str = NO_SIDE) -> Estimate:
    """A measure with its interval; with `why` where one of them could not be computed."""
    found = first_with_interval(draws)
    if not np.isfinite(found.value):
        return Estimate.of(found, why_empty)
    return Estimate.of(found, None if np.isfinite(found.low) else NO_INTERVAL)


def clip_pairs(held: HeldOut) -> tuple[Rows, Rows, Rows]:
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


def nth_pairs(numbers: Rows, n: int) -> tuple[Rows, Rows]:
    """Entries `numbers` of `np.triu_indices(n, 1)`, without making all n²/2 of them."""
    begins = np.cumsum(np.arange(n - 1, -1, -1)) - np.arange(n - 1, -1, -1)
    first = np.searchsorted(begins[: n - 1], numbers, "right") - 1
    return first, numbers - begins[first] + first + 1
