"""Makes the table of success from the outcomes of attempts: means, errors over seeds, paired differences. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.finite import without_nan
from engine.statistics.interval import Estimate, percentile_interval
from engine.validation.success_report import (
    BinSuccess,
    Rate,
    SubsetSuccess,
    SuccessByGroup,
    SuccessBySubset,
    SuccessRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Floats, Rows
    from engine.statistics.interval import Interval
    from engine.validation.success_report import Measure

__all__ = ["MEASURES", "by_group", "by_subset", "paired_lead", "success_row"]

MEASURES: Final[tuple[Measure, ...]] = ("grasp", "placed", "approach")
"""The columns of an outcome."""


def success_row(
    name: str,
    outcome: Floats,
    random: Floats | None,
    *,
    clips: int | None,
    policies: int,
    resamples: int,
    seed: int,
    hidden: bool = False,
) -> SuccessRow:
    """One row. `outcome` and `random`: `(seeds, scenes, 3)`; outcomes that need no training have one seed for all."""
    rates = []
    for column in range(len(MEASURES)):
        mine = outcome[:, :, column]
        lead = None
        if random is not None:
            found = paired_lead(mine, random[:, :, column], resamples, seed)
            lead = Estimate.of(found)
        by_seed = mine.mean(axis=1)
        error = float(by_seed.std(ddof=1) / np.sqrt(len(by_seed))) if len(by_seed) > 1 else None
        rates.append(Rate(mean=float(mine.mean()), error=error, lead=lead))
    grasp, placed, approach = rates
    return SuccessRow(
        name=name, clips=clips, policies=policies, grasp=grasp, placed=placed, approach=approach, hidden=hidden
    )


def paired_lead(mine: Floats, random: Floats, resamples: int, seed: int) -> Interval:
    """Mean of `mine − random` with its interval, `(seeds, scenes)` each: seeds and scenes are both drawn again.

    All seeds are tried in the same scenes, so that attempts of one scene, and those of one seed, are not independent;
    drawing rows and columns keeps both (A. Owen: The pigeonhole bootstrap, 2007). With one seed only scenes are drawn.
    """
    seeds = max(len(mine), len(random))
    gap = np.broadcast_to(mine, (seeds, mine.shape[1])) - np.broadcast_to(random, (seeds, random.shape[1]))
    rng = np.random.Generator(np.random.PCG64([seed, 54]))
    n = gap.shape[1]
    draws = [
        float(gap[rng.integers(0, seeds, seeds)][:, rng.integers(0, n, n)].mean())
        for _ in range(resamples)
    ]  # fmt: skip
    return percentile_interval(float(gap.mean()), draws)


def by_group(rewards: Sequence[float], base: Floats, groups: Sequence[Floats]) -> SuccessByGroup | None:
    """What each group adds to the success of the base; outcomes are `(scenes, 3)`."""
    if len(groups) < 3:
        return None
    added = np.array([group.mean(axis=0) - base.mean(axis=0) for group in groups])
    bins = tuple(
        BinSuccess(reward=reward, grasp=float(grasp), placed=float(placed), approach=float(approach))
        for reward, (grasp, placed, approach) in zip(rewards, added, strict=True)
    )
    rho = {name: spearman(np.array(rewards), added[:, column]) for column, name in enumerate(MEASURES)}
    return without_nan(SuccessByGroup(bins=bins, rho=dict(rho)))


def by_subset(
    gains: Floats, predicted: Floats, outcomes: Sequence[Floats], *, resamples: int, seed: int
) -> SuccessBySubset | None:
    """Whether gain predicts success over subsets: `gains` and `predicted` are `(m,)`, outcomes `(scenes, 3)` each."""
    if len(outcomes) < 5:
        return None
    means = np.array([outcome.mean(axis=0) for outcome in outcomes])
    rng = np.random.Generator(np.random.PCG64([seed, 55]))
    samples = [rng.integers(0, len(means), len(means)) for _ in range(resamples)]
    subsets = tuple(
        SubsetSuccess(
            gain=float(gain), predicted=float(total), grasp=float(row[0]), placed=float(row[1]), approach=float(row[2])
        )
        for gain, total, row in zip(gains, predicted, means, strict=True)
    )
    return without_nan(
        SuccessBySubset(
            subsets=subsets,
            gain_rho={name: _rho(gains, means[:, column], samples) for column, name in enumerate(MEASURES)},
            predicted_rho={name: _rho(predicted, means[:, column], samples) for column, name in enumerate(MEASURES)},
        )
    )


def _rho(one: Floats, other: Floats, samples: Sequence[Rows]) -> Estimate:
    draws = [spearman(one[rows], other[rows]) for rows in samples]
    return Estimate.of(percentile_interval(spearman(one, other), draws))
