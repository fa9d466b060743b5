"""Gains by frozen trunks: random halves of the sources, random bases, one clip added at a time. Pure arithmetic.

What a trunk is made of does not matter here: it is a pool of clips with features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.validation.estimator import Judge, base_keys, base_members, base_size, clip_weights
from engine.validation.measured import gain_of_cells
from engine.validation.pools import halves
from engine.validation.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from engine.arrays import Floats
    from engine.validation.cloning_data import CloningData
    from engine.validation.encoded_trunk import EncodedTrunk
    from engine.validation.heads import Heads
    from engine.validation.pools import Rotation


__all__ = ["RIDGES", "Cells", "gain_cells", "least_loss_ridge", "measuring_clips", "other_gains", "trials_of"]

RIDGES = tuple(float(10**power) for power in np.arange(-3, 3.25, 0.5))
OTHER_BASES = (0.05, 0.2, 0.5)
_RIDGE_TRIALS, _RIDGE_BASES = 2, 4


@dataclass(frozen=True)
class Cells:
    """Gains of `n` clips on `v` videos by `t` trunks: `(t, 2, n, v)` each, bases in two halves."""

    sums: Floats
    """Summed over bases and over the clips of the video."""
    counts: Floats
    """Over how many bases."""


def measuring_clips(data: CloningData) -> Floats:
    """`(v,)`: how many clips of each video measure the loss."""
    counted = data.measured.any(axis=(1, 2))
    return np.bincount(data.video[counted], minlength=len(data.video_ids)).astype(np.float64)


def trials_of(data: CloningData, trunk: EncodedTrunk, rotation: Rotation, number: int, seed: int) -> list[Trial]:
    """Both ways round of each random halving of the sources that the trunk `number` has not seen.

    Raises `TooLittleData` where a half could not measure.
    """
    place = {name: i for i, name in enumerate(data.video_ids)}
    others = [name for name in rotation.others if name in place]
    numbers = np.array([place[name] for name in others], np.intp)
    measuring = measuring_clips(data)[numbers] > 0
    weight = clip_weights(data.measured)
    teaches = data.moving.any(axis=(1, 2))
    found = []
    for split, first in enumerate(halves(others, measuring, data.effort.splits, seed=seed * 1000 + number)):
        one, other = np.isin(data.video, numbers[first]), np.isin(data.video, numbers[~first])
        for way, (mine, theirs) in enumerate(((one, other), (other, one))):
            found.append(
                Trial(
                    trunk=number,
                    number=2 * split + way,
                    pool=trunk.pool,
                    candidates=mine & teaches,
                    judge=Judge(trunk.pool, theirs, weight, len(data.video_ids)),
                )
            )
    return found


def least_loss_ridge(
    data: CloningData, trials: Sequence[Trial], seed: int, threads: ThreadPoolExecutor, heads: Heads
) -> float:
    """The ridge with which heads on random bases have the least loss on videos that neither they nor the trunk saw.

    The first edition took a stronger one, chosen for heads on ten times the data: almost untrained on a base, where any
    clip helps that merely has rows.
    """

    def losses(trial: Trial) -> Floats:
        size = base_size(int(trial.candidates.sum()), data.settings.pools.base_share)
        keys = _keys(data, trial, seed, _RIDGE_BASES)
        bases = np.array([base_members(row, trial.candidates, size) for row in keys])
        return np.array([sum(heads.losses(trial, bases, ridge).sum(axis=1).tolist()) for ridge in RIDGES])

    some = [trial for trial in trials if trial.number < _RIDGE_TRIALS]
    return RIDGES[int(np.sum(list(heads.for_each(threads, losses, some)), axis=0).argmin())]


def gain_cells(
    data: CloningData,
    trials: Sequence[Trial],
    ridge: float,
    seed: int,
    threads: ThreadPoolExecutor,
    heads: Heads,
    on_progress: Callable[[int, float], None],
) -> Cells:
    """The gain of every candidate on every video that measures. `on_progress(trunk, share)` may raise `Cancelled`."""
    n_trunks = 1 + max(trial.trunk for trial in trials)
    shape = (n_trunks, 2, len(data.clips), len(data.video_ids))
    cells = Cells(np.zeros(shape), np.zeros(shape))
    done = [0] * n_trunks
    bases_of = np.array([(data.effort.bases + 1) // 2, data.effort.bases // 2], np.float64)

    def one(trial: Trial) -> Floats:
        gains = np.zeros((2, *shape[2:]))
        for base, keys in enumerate(_keys(data, trial, seed, data.effort.bases)):
            gains[base % 2] += heads.added(trial, ridge, data.settings.pools.base_share, keys)
            on_progress(trial.trunk, done[trial.trunk] / (2 * data.effort.splits))
        done[trial.trunk] += 1
        return gains

    for trial, gains in zip(trials, heads.for_each(threads, one, trials), strict=True):
        cells.sums[trial.trunk] += gains
        cells.counts[trial.trunk] += bases_of[:, None, None] * _measured_pairs(trial)
    return cells


def other_gains(
    data: CloningData, trials: Sequence[Trial], ridge: float, seed: int, threads: ThreadPoolExecutor, heads: Heads
) -> tuple[dict[float, Floats], dict[float, Floats]]:
    """`(ridge → gains (n,), base share → gains)`: the neighbours of the ridge, and other base sizes, from few bases."""
    own = data.settings.pools.base_share
    place = RIDGES.index(ridge)
    near = [RIDGES[i] for i in (place - 1, place + 1) if 0 <= i < len(RIDGES)]
    wanted = [*((other, own) for other in near), *((ridge, share) for share in OTHER_BASES if share != own)]
    some = [trial for trial in trials if trial.number < _RIDGE_TRIALS]

    def quick(which: tuple[float, float]) -> Floats:
        shape = (len(data.clips), len(data.video_ids))
        sums, counts = np.zeros(shape), np.zeros(shape)
        for trial in some:
            for keys in _keys(data, trial, seed, max(2, data.effort.bases // 4)):
                sums += heads.added(trial, which[0], which[1], keys)
                counts += _measured_pairs(trial)
        return gain_of_cells(sums, counts, measuring_clips(data))

    found = dict(zip(wanted, heads.for_each(threads, quick, wanted), strict=True))
    by_ridge = {other: gain for (other, share), gain in found.items() if share == own}
    return by_ridge, {share: gain for (_, share), gain in found.items() if share != own}


def _measured_pairs(trial: Trial) -> Floats:
    """`(n, v)`: 1 where the trial measured a clip's gain on a video."""
    return np.asarray(trial.candidates[:, None] & (trial.judge.clips > 0), np.float64)


def _keys(data: CloningData, trial: Trial, seed: int, n_bases: int) -> Floats:
    return base_keys(data.clips.clip_ids, n_bases, (seed * 1000 + trial.trunk) * 1000 + trial.number)
