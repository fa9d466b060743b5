"""A whole training: fit, judge, and say what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.reward.crossval import cross_validate
from engine.reward.fit import EPOCHS_UNSEEN, Reward, fit_prepared
from engine.reward.judging.importance import group_importance
from engine.reward.judging.learning_curve import learning_curve
from engine.reward.judging.report import Evidence, judge
from engine.reward.judging.training_report import REPORT_VERSION, TrainingReport
from engine.reward.judging.verdict import in_pieces, nothing_judged
from engine.reward.prepare import prepare
from engine.reward.split import source_folds
from engine.statistics.finite import without_nan
from engine.statistics.pieces import UNCOMPARED, comparison_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.arrays import Floats
    from engine.reward.prepare import Gains, Prepared
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.reward.split import Fold
    from engine.tables.types import ClipTable, PairTable

__all__ = ["STAGES", "Study", "study"]

TRAINED, JUDGED, LEARNED, FITTED = 0.6, 0.75, 0.85, 0.95
"""Where in the progress each part ends."""
STAGES = (
    ("training beside held-out videos", TRAINED),
    ("judging on held-out labels", JUDGED),
    ("training on fewer labels", LEARNED),
    ("training the ensemble", FITTED),
    ("weighing the features", 1.0),
)


@dataclass(frozen=True)
class Study:
    """A reward, and the report on it."""

    reward: Reward
    report: TrainingReport


def study(
    clips: ClipTable,
    pairs: PairTable,
    model: ModelSettings,
    training: TrainingSettings,
    *,
    seed: int = 0,
    gains: Gains | None = None,
    composite: Floats | None = None,
    quality: Floats | None = None,
    on_progress: Callable[[float, str], None] | None = None,
    on_curve: Callable[[int, float, float], None] | None = None,
) -> Study:
    """Fit a reward like `fit_reward`, and judge it by sources that it never saw.

    `composite` and `quality` are `(n_clips,)`: the hand-made score, and the hidden quality of rendered clips where
    simulated annotators answered from it. `on_curve(epoch, train loss, held-out loss)`. Raises `RewardError` where
    there is nothing to learn from.
    """
    say = on_progress or (lambda _fraction, _note: None)
    prepared = prepare(clips, pairs, model, training, gains)
    clip_ids = tuple(clips.clip_ids[i] for i in prepared.clip_rows)
    folds = source_folds(
        prepared.video_ids,
        prepared.pairs,
        folds=training.split.folds,
        repeats=training.split.repeats,
        seed=seed,
    )
    report = learned_from(prepared, epochs=min(EPOCHS_UNSEEN, training.optimiser.epochs))
    if folds:
        evidence = Evidence(
            None if composite is None else composite[prepared.clip_rows],
            None if quality is None else quality[prepared.clip_rows],
            clip_ids,
        )
        progress = TrainingProgress(say, on_curve, training.optimiser.epochs)
        report = judge_unseen(report, prepared, folds, model, training, evidence, seed, progress)
    else:
        report = replace(report, verdict=(nothing_judged(prepared.video_ids, clip_ids, prepared.pairs),))
    if report.pieces is not None and len(report.pieces) > 1:
        report = replace(report, verdict=(*report.verdict, in_pieces(report.pieces)))
    note = f"Training the ensemble for {report.epochs} epochs"
    reward = fit_prepared(
        clips,
        prepared,
        model,
        training,
        epochs=report.epochs,
        seed=seed,
        on_epoch=lambda done: say(LEARNED + (FITTED - LEARNED) * done, note),
    )
    importance = group_importance(
        reward,
        clips,
        seed=seed,
        on_progress=lambda done: say(FITTED + (1 - FITTED) * done, "Which features the reward goes by"),
    )
    say(1.0, "")
    return Study(reward, without_nan(replace(report, importance=importance)))


@dataclass
class TrainingProgress:
    """Reports how far the training beside held-out sources is, with the latest loss."""

    say: Callable[[float, str], None]
    on_curve: Callable[[int, float, float], None] | None
    epochs: int
    note: str = "Training beside held-out sources"

    def snapshot(self, epoch: int, train_loss: float, held_out_loss: float) -> None:
        """After each comparison with the held-out labels."""
        self.note = f"epoch {epoch}: held-out loss {held_out_loss:.3f}"
        if self.on_curve is not None:
            self.on_curve(epoch, train_loss, held_out_loss)

    def epoch(self, done: float) -> None:
        """After every epoch, so that a long training never looks like one that hangs."""
        self.say(TRAINED * done, self.note)


def judge_unseen(
    report: TrainingReport,
    prepared: Prepared,
    folds: Sequence[Fold],
    model: ModelSettings,
    training: TrainingSettings,
    evidence: Evidence,
    seed: int,
    progress: TrainingProgress,
) -> TrainingReport:
    """The report with how long to train, and how the reward and its baselines do, both by held-out sources."""
    held = cross_validate(
        prepared, folds, model, training, seed=seed, on_snapshot=progress.snapshot, on_epoch=progress.epoch
    )
    progress.say(TRAINED, "Fitting the baselines")
    judged, notes = judge(
        prepared,
        folds,
        held,
        training,
        evidence,
        seed=seed,
        on_progress=lambda done: progress.say(TRAINED + (JUDGED - TRAINED) * done, "Judging on held-out labels"),
    )
    curve = None
    if training.report.learning_curve:
        one_repeat = [fold for fold in folds if fold.repeat == folds[0].repeat]
        curve = learning_curve(
            prepared,
            one_repeat,
            model,
            training,
            seed=seed,
            on_epoch=lambda done: progress.say(JUDGED + (LEARNED - JUDGED) * done, "Training on fewer labels"),
        )
    return replace(report, judged=judged, verdict=notes, learning_curve=curve, epochs=held.epochs)


def learned_from(prepared: Prepared, *, epochs: int) -> TrainingReport:
    """A report with what a reward is learned from, in numbers, and no judgement yet."""
    pieces = comparison_pieces(prepared.pairs.left, prepared.pairs.right, len(prepared))
    return TrainingReport(
        report_version=REPORT_VERSION,
        labels=len(prepared.pairs),
        clips=len(prepared),
        sources=len(set(prepared.video_ids)),
        gains=len(prepared.gains),
        left_out=prepared.left_out,
        pieces=tuple(np.bincount(pieces[pieces != UNCOMPARED]).tolist()),
        epochs=epochs,
    )
