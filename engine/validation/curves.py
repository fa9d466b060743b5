"""Losses after training on chosen clips: the keep curve, groups of clips, and the check against full training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.interval import Estimate, percentile_interval
from engine.validation.estimator import base_keys, base_members, base_size, set_losses
from engine.validation.validation_report import KeepCurve, RandomBand, SubsetCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Flags, Floats
    from engine.validation.measured import Measured, TrunkRun


__all__ = ["KEEP_SHARES", "group_gains", "keep_curve", "lds"]

KEEP_SHARES = (0.1, 0.2, 0.33, 0.5, 0.67, 0.9)
RANDOM_DRAWS = 20
_GROUP_BASES = 20


def keep_curve(runs: Sequence[TrunkRun], orders: Mapping[str, Floats], *, seed: int) -> KeepCurve:
    """Mean loss over trunks after training on the best share of clips by each score, on random ones, and on all.

    `orders`: name → score `(n,)`, higher kept first; NaN is kept last.
    """
    n = len(runs[0].pool)

    def losses(sets: Flags) -> Floats:
        found = [set_losses(run.pool, run.validation, sets, run.ridge) for run in runs]
        return np.asarray(np.mean(found, axis=0), np.float64)

    def best(score: Floats) -> Flags:
        order = np.argsort(-np.nan_to_num(score, nan=-np.inf), kind="stable")
        sets = np.zeros((len(KEEP_SHARES), n), bool)
        for row, share in enumerate(KEEP_SHARES):
            sets[row, order[: base_size(n, share)]] = True
        return sets

    rng = np.random.Generator(np.random.PCG64([seed, 31]))
    chance = np.array([losses(best(rng.random(n))) for _ in range(RANDOM_DRAWS)])
    return KeepCurve(
        shares=KEEP_SHARES,
        curves={name: tuple(losses(best(score)).tolist()) for name, score in orders.items()},
        random=RandomBand(
            mean=tuple(chance.mean(axis=0).tolist()),
            low=tuple(np.quantile(chance, 0.05, axis=0).tolist()),
            high=tuple(np.quantile(chance, 0.95, axis=0).tolist()),
        ),
        all=float(losses(np.ones((1, n), bool))[0]),
    )


def group_gains(runs: Sequence[TrunkRun], groups: Sequence[Flags], share: float, *, seed: int) -> Floats:
    """`(len(groups),)`: mean fall of the loss when a whole group `(n,) bool` is added to random bases without it."""
    n = len(runs[0].pool)
    size = base_size(n, share)
    gains = np.zeros((len(runs), len(groups)))
    for w, run in enumerate(runs):
        keys = base_keys(run.pool.clip_ids, _GROUP_BASES, seed + run.seed)
        for g, group in enumerate(groups):
            bases = np.array([base_members(row, ~group, size) for row in keys])
            before = set_losses(run.pool, run.validation, bases, run.ridge)
            after = set_losses(run.pool, run.validation, bases | group, run.ridge)
            gains[w, g] = (before - after).mean()
    return np.asarray(gains.mean(axis=0))


def bins_of(score: Floats, count: int) -> list[Flags]:
    """`count` groups of about equal size, from the lowest scores to the highest; clips without a score are in none."""
    known = np.flatnonzero(np.isfinite(score))
    order = known[np.argsort(score[known], kind="stable")]
    groups = []
    for rows in np.array_split(order, count):
        member = np.zeros(len(score), bool)
        member[rows] = True
        groups.append(member)
    return groups


def lds(measured: Measured, *, least_skill: float, seed: int, resamples: int) -> SubsetCheck | None:
    """The linear datamodelling score: does the sum of gains predict a network trained from scratch on a subset?

    Spearman's ρ over random subsets (S. Park et al.: TRAK, 2023), with a bootstrap over subsets. It says something only
    where these networks learned something: `learned` tells whether their mean loss is at least `least_skill` under both
    baselines. Where subsets were trained twice, `ceiling` is the highest ρ that anything could have with one training:
    √ of how the two agree.
    """
    if len(measured.subsets) < 5:
        return None
    foretold = measured.subsets.astype(np.float64) @ measured.gain
    outcome = -measured.subset_losses
    rng = np.random.Generator(np.random.PCG64([seed, 32]))
    rows = [rng.integers(0, len(outcome), len(outcome)) for _ in range(resamples)]
    found = percentile_interval(spearman(foretold, outcome), [spearman(foretold[r], outcome[r]) for r in rows])
    twice = len(measured.subset_repeats)
    agreement = spearman(measured.subset_losses[:twice], measured.subset_repeats) if twice >= 5 else float("nan")
    baseline = min(min(run.skill.zero_motion, run.skill.constant_velocity) for run in measured.runs)
    share = 1 - float(measured.subset_losses.mean()) / baseline
    return SubsetCheck(
        rho=Estimate.of(found),
        foretold=tuple(foretold.tolist()),
        loss=tuple(measured.subset_losses.tolist()),
        subsets=len(outcome),
        twice=twice,
        ceiling=float(np.sqrt(max(0.0, agreement))) if np.isfinite(agreement) else None,
        share=share,
        learned=bool(share >= least_skill),
    )
