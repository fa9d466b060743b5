"""Losses after training on chosen clips: the keep curve, groups of clips, and the check against full training.

Everything is cross-fitted as the gains are: clips are chosen among the candidates of a trial, and the other half of the
sources measures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.interval import Estimate, percentile_interval
from engine.validation.estimator import base_members, base_size
from engine.validation.validation_report import KeepCurve, RandomBand, SubsetCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Flags, Floats
    from engine.validation.measured import Measured
    from engine.validation.trial import Trial


__all__ = ["KEEP_SHARES", "bins_of", "group_gains", "keep_curve", "lds"]

KEEP_SHARES = (0.1, 0.2, 0.33, 0.5, 0.67, 0.9)
RANDOM_DRAWS = 20
_TRIALS = 4
"""Trials of each trunk that curves are read from: two halvings, both ways round."""
_GROUP_BASES = 4
_ROUNDING = 1e-9


def keep_curve(measured: Measured, orders: Mapping[str, Floats], *, seed: int) -> KeepCurve:
    """Mean loss over trials after training on the best share of clips by each score, on random ones, and on all.

    `orders`: name → score `(n,)`, higher kept first; NaN is kept last.
    """
    trials = _some(measured)
    rng = np.random.Generator(np.random.PCG64([seed, 31]))
    chance = [rng.random(len(measured.clip_ids)) for _ in range(RANDOM_DRAWS)]
    losses, whole = _kept_losses(measured, trials, [*orders.values(), *chance])
    draws = losses[len(orders) :]
    return KeepCurve(
        shares=KEEP_SHARES,
        curves={name: tuple(own.tolist()) for name, own in zip(orders, losses, strict=False)},
        random=RandomBand(
            mean=tuple(draws.mean(axis=0).tolist()),
            low=tuple(np.quantile(draws, 0.05, axis=0).tolist()),
            high=tuple(np.quantile(draws, 0.95, axis=0).tolist()),
        ),
        all=whole,
    )


def group_gains(measured: Measured, groups: Sequence[Flags], share: float, *, seed: int) -> Floats:
    """`(len(groups),)`: mean fall of the loss when the candidates of a group are added to random bases without them.

    `groups` are `(n,) bool`; NaN for a group that has no candidate in any trial.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 33]))
    keys = rng.random((_GROUP_BASES, len(measured.clip_ids)))
    trials = _some(measured)
    gains = np.full((len(trials), len(groups)), np.nan)
    for t, trial in enumerate(trials):
        size = base_size(int(trial.candidates.sum()), share)
        for g, group in enumerate(groups):
            added = group & trial.candidates
            if not added.any():
                continue
            bases = np.array([base_members(row, trial.candidates & ~group, size) for row in keys])
            losses = _losses(measured, trial, np.concatenate([bases, bases | added]))
            gains[t, g] = np.mean(losses[: len(bases)] - losses[len(bases) :])
    known = np.isfinite(gains).any(axis=0)
    found = np.full(len(groups), np.nan)
    found[known] = np.nanmean(gains[:, known], axis=0)
    return found


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


def lds(measured: Measured, *, seed: int, resamples: int) -> SubsetCheck | None:
    """The linear datamodelling score: does the sum of gains predict a network trained from scratch on a subset?

    Spearman's ρ over random subsets (S. Park et al.: TRAK, 2023), with a bootstrap over subsets; gains are those that
    the same videos measure. It says something only where these networks learned something: `learned` tells whether
    their mean loss is under the better baseline's by two standard errors over subsets at least. Where subsets were
    trained twice, `ceiling` is the highest ρ that anything could have with one training: √ of how the two agree.
    """
    scratch = measured.scratch
    if scratch is None or len(scratch.subsets) < 5:
        return None
    gain = np.nan_to_num(measured.gain_on(scratch.videos))
    foretold = scratch.subsets.astype(np.float64) @ gain
    outcome = -scratch.losses
    rng = np.random.Generator(np.random.PCG64([seed, 32]))
    rows = [rng.integers(0, len(outcome), len(outcome)) for _ in range(resamples)]
    found = percentile_interval(spearman(foretold, outcome), [spearman(foretold[r], outcome[r]) for r in rows])
    twice = len(scratch.repeats)
    agreement = spearman(scratch.losses[:twice], scratch.repeats) if twice >= 5 else float("nan")
    error = float(scratch.losses.std(ddof=1)) / np.sqrt(len(scratch.losses))
    return SubsetCheck(
        rho=Estimate.of(found),
        foretold=tuple(foretold.tolist()),
        loss=tuple(scratch.losses.tolist()),
        subsets=len(outcome),
        twice=twice,
        ceiling=float(np.sqrt(max(0.0, agreement))) if np.isfinite(agreement) else None,
        share=1 - float(scratch.losses.mean()) / scratch.baseline,
        learned=bool(scratch.losses.mean() + 2 * error < (1 - _ROUNDING) * scratch.baseline),
    )


def _some(measured: Measured) -> list[Trial]:
    return [trial for trial in measured.trials if trial.number < _TRIALS]


def _losses(measured: Measured, trial: Trial, members: Flags) -> Floats:
    """`(g,)`: the mean loss of the heads of each base, `members` `(g, n)`."""
    return np.asarray(measured.heads.losses(trial, members, measured.ridge).sum(axis=1) / trial.judge.clips.sum())


def _kept_losses(measured: Measured, trials: Sequence[Trial], scores: Sequence[Floats]) -> tuple[Floats, float]:
    """`(scores, len(KEEP_SHARES))`: the mean loss after training on the best shares of each trial's candidates; and
    after training on all of them."""
    keys = [-np.nan_to_num(score, nan=-np.inf) for score in scores]
    kept, whole = [], []
    for trial in trials:
        sizes = [base_size(int(trial.candidates.sum()), share) for share in KEEP_SHARES]
        members = [base_members(row, trial.candidates, size) for row in keys for size in sizes]
        losses = _losses(measured, trial, np.array([*members, trial.candidates]))
        kept.append(losses[:-1].reshape(len(scores), len(KEEP_SHARES)))
        whole.append(losses[-1])
    return np.asarray(np.mean(kept, axis=0), np.float64), float(np.mean(whole))
