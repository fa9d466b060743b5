"""A whole training: fit, judge, and say what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.reward.crossval import cross_validate
from engine.reward.fit import EPOCHS_UNSEEN, Reward, fit_prepared
from engine.reward.importance import group_importance
from engine.reward.learning_curve import learning_curve
from engine.reward.prepare import prepare
from engine.reward.report import Evidence, judge
from engine.reward.split import source_folds
from engine.reward.verdict import note

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engine.reward.prepare import Gains
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.reward.types import ClipTable, PairTable

__all__ = ["Study", "study"]


@dataclass(frozen=True)
class Study:
    """A reward, and the report on it."""

    reward: Reward
    metrics: dict[str, Any]


def study(
    clips: ClipTable,
    pairs: PairTable,
    model: ModelSettings,
    training: TrainingSettings,
    *,
    seed: int = 0,
    gains: Gains | None = None,
    composite: NDArray[np.float64] | None = None,
    quality: NDArray[np.float64] | None = None,
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
    folds = source_folds(
        prepared.video_ids,
        prepared.pairs,
        folds=training.split.folds,
        repeats=training.split.repeats,
        seed=seed,
    )
    metrics: dict[str, Any] = {
        "labels": len(prepared.pairs),
        "clips": len(prepared),
        "sources": len(set(prepared.video_ids)),
        "gains": len(prepared.gains),
        "left_out": prepared.left_out,
    }
    epochs = min(EPOCHS_UNSEEN, training.optimiser.epochs)
    if folds:

        def look(epoch: int, train_loss: float, held_out_loss: float) -> None:
            say(0.6 * epoch / training.optimiser.epochs, f"epoch {epoch}: held-out loss {held_out_loss:.3f}")
            if on_curve is not None:
                on_curve(epoch, train_loss, held_out_loss)

        held = cross_validate(prepared, folds, model, training, seed=seed, on_look=look)
        epochs = held.epochs
        say(0.6, "Fitting the baselines")
        evidence = Evidence(
            None if composite is None else composite[prepared.clip_rows],
            None if quality is None else quality[prepared.clip_rows],
            tuple(clips.clip_ids[i] for i in prepared.clip_rows),
        )
        metrics |= judge(prepared, folds, held, training, evidence, seed=seed)
        if training.report.learning_curve:
            say(0.75, "Training on fewer labels")
            one_repeat = [fold for fold in folds if fold.repeat == folds[0].repeat]
            metrics["learning_curve"] = learning_curve(prepared, one_repeat, model, training, seed=seed)
    else:
        metrics["verdict"] = [note("bad", "All labels are of one video: no source can be held out, nothing is judged.")]
    say(0.9, f"Training the ensemble for {epochs} epochs")
    reward = fit_prepared(clips, prepared, model, training, epochs=epochs, seed=seed)
    metrics |= {"epochs": epochs, "importance": group_importance(reward, clips, seed=seed)}
    say(1.0, "")
    return Study(reward, metrics)
