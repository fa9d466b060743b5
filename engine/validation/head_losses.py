"""The loss of the heads that ΔM uses, beside that of the baselines they must beat, video by video."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.validation.baselines import damped_velocity
from engine.validation.estimator import Judge, Pool, base_keys, base_members, base_size, clip_weights, fit_head
from engine.validation.measured import Losses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import ThreadPoolExecutor

    from engine.arrays import Flags, Floats
    from engine.validation.cloning_data import CloningData
    from engine.validation.encoded_trunk import EncodedTrunk
    from engine.validation.trial import Trial

__all__ = ["head_losses"]

_BASES = 4
_NAMES = ("clips", "base", "whole", "pixels", "state", "still", "velocity", "rest_whole", "rest_still")


def head_losses(
    data: CloningData,
    trunks: Sequence[EncodedTrunk],
    trials: Sequence[Trial],
    ridge: float,
    seed: int,
    threads: ThreadPoolExecutor,
) -> Losses:
    """Losses of every kind of head and of both baselines, summed over the trials."""

    def one(trial: Trial) -> dict[str, Floats]:
        return _of_trial(data, trunks[trial.trunk], trial, ridge, seed)

    total = {name: np.zeros(len(data.video_ids)) for name in _NAMES}
    for found in threads.map(one, trials):
        for name in _NAMES:
            total[name] += found[name]
    return Losses(**total)


def _of_trial(data: CloningData, trunk: EncodedTrunk, trial: Trial, ridge: float, seed: int) -> dict[str, Floats]:
    pool, judge = trial.pool, trial.judge
    size = base_size(int(trial.candidates.sum()), data.settings.pools.base_share)
    keys = base_keys(data.clips.clip_ids, _BASES, ((seed * 1000 + trial.trunk) * 1000) + trial.number)
    bases = [base_members(row, trial.candidates, size) for row in keys]
    head = fit_head(pool, trial.candidates, ridge).weights
    theirs = np.isin(data.video, np.flatnonzero(judge.clips > 0))
    found = {
        "clips": judge.clips,
        "base": np.mean([judge.losses(fit_head(pool, base, ridge).weights) for base in bases], axis=0),
        "whole": judge.losses(head),
        "still": judge.losses(np.zeros_like(head)),
        "velocity": _velocity_loss(data, trunk, theirs),
    }
    constant = pool.features.shape[-1] - 1
    for part, columns in trunk.parts.items():
        bare = pool.columns(np.append(columns, constant))
        weight = clip_weights(data.measured)
        only = Judge(bare, theirs, weight, len(data.video_ids))
        found[part] = only.losses(fit_head(bare, trial.candidates, ridge).weights)
    resting = Judge(pool, theirs, clip_weights(data.resting), len(data.video_ids))
    # Clips without a row at rest would weigh differently in the two sums: both are of the same clips.
    found["rest_whole"], found["rest_still"] = resting.losses(head), resting.losses(np.zeros_like(head))
    return found


def _velocity_loss(data: CloningData, trunk: EncodedTrunk, clips: Flags) -> Floats:
    """`(videos,)`: the loss of damped constant velocity: the guess is made the only feature, and its weight 1."""
    guess = damped_velocity(data, trunk.damping)
    pool = Pool(video=data.video, features=guess, target=trunk.pool.target, weight=trunk.pool.weight)
    judge = Judge(pool, clips, clip_weights(data.measured), len(data.video_ids))
    identity = np.broadcast_to(np.eye(guess.shape[-1]), (2, guess.shape[-1], guess.shape[-1]))
    return judge.losses(np.asarray(identity))
