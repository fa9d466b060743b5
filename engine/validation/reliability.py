"""How well ΔM would agree with a repetition: halves of the videos that measure, of trunks and of bases, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.resampling import spearman_brown
from engine.validation.measured import gain_of_cells

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats
    from engine.validation.measured import Measured
    from engine.validation.unseen import UnseenReward

__all__ = ["gain_reliability", "reward_reliability", "stepped_up"]

_DRAWS = 40


def gain_reliability(measured: Measured, seed: int) -> float:
    """Reliability of ΔM: two measurements that share no video, no trunk and no base, stepped up to the whole.

    The largest error of ΔM is which videos measure the loss. Halves that share them (the first edition's) agree far
    better than a repetition on other videos would. With one trunk a rotation, the halves share trunks.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 24]))
    found = []
    for _ in range(_DRAWS):
        videos = _half(len(measured.measuring), rng)
        trunks = np.zeros(len(measured.rotation), bool)
        for turn in np.unique(measured.rotation):
            rows = np.flatnonzero(measured.rotation == turn)
            trunks[rows[_half(len(rows), rng)]] = True
        one, other = (trunks, ~trunks) if trunks.any() and not trunks.all() else (trunks | True, trunks | True)
        found.append(spearman(_gain(measured, one, 0, videos), _gain(measured, other, 1, ~videos)))
    if not np.isfinite(found).any():
        return float("nan")
    return max(0.0, spearman_brown(float(np.nanmean(found))))


def reward_reliability(unseen: UnseenReward) -> float:
    """Reliability of the reward over seeds; NaN with one."""
    return stepped_up(unseen.by_seed) if len(unseen.by_seed) > 1 else float("nan")


def stepped_up(measures: Floats) -> float:
    """Spearman–Brown of the mean of `measures` `(m, n)` from how they agree in pairs; NaN where none of them varies."""
    m = len(measures)
    pairs = [spearman(measures[i], measures[j]) for i in range(m) for j in range(i)]
    if not np.isfinite(pairs).any():
        return float("nan")
    mean = float(np.nanmean(pairs))
    return max(0.0, m * mean / (1 + (m - 1) * mean)) if mean > -1 / m else 0.0


def _half(count: int, rng: np.random.Generator) -> Flags:
    chosen = np.zeros(count, bool)
    chosen[rng.permutation(count)[: (count + int(rng.integers(2))) // 2]] = True
    return chosen


def _gain(measured: Measured, trunks: Flags, bases: int, videos: Flags) -> Floats:
    sums, counts = measured.sums[trunks, bases].sum(axis=0), measured.counts[trunks, bases].sum(axis=0)
    return gain_of_cells(sums[:, videos], counts[:, videos], measured.measuring[videos])
