"""The measured numbers of the footage that findings rest on: overall, and the mean of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.audit.facts import GROUPINGS, Grouping

if TYPE_CHECKING:
    from engine.arrays import Floats
    from engine.audit.facts import AuditFacts, Groups

__all__ = ["NUMBERS", "FootageNumber", "GroupMean", "footage_numbers"]

NUMBERS = (
    *("hands_any_share", "exposure_luma_mean", "sharpness_laplacian_median", "motion_idle_share"),
    *("motion_camera_speed_p95", "reward"),
)
"""The columns that an audit sums up."""
_DECILES = (10, 50, 90)


@dataclass(frozen=True)
class GroupMean:
    """The mean of a number in a group, over so many clips."""

    grouping: Grouping
    group: str
    mean: float
    clips: int


@dataclass(frozen=True, kw_only=True)
class FootageNumber:
    """One number of the clips: its mean over their time, and where most of them lie."""

    column: str
    clips: int
    unknown: int
    mean: float
    """Weighted by the clips' lengths: of shares, the share of all footage."""
    p10: float
    median: float
    p90: float
    groups: tuple[GroupMean, ...] = ()
    """The lowest first."""


def footage_numbers(facts: AuditFacts) -> tuple[FootageNumber, ...]:
    """The numbers of `NUMBERS` that any clip has."""
    weights = facts.numbers("end_s") - facts.numbers("start_s")
    found = []
    for column in NUMBERS:
        values = facts.numbers(column)
        known = np.isfinite(values)
        if not known.any():
            continue
        low, middle, high = np.percentile(values[known], _DECILES)
        groups = [
            mean for grouping in GROUPINGS for mean in _group_means(grouping, facts.groups[grouping], values, weights)
        ]
        found.append(
            FootageNumber(
                column=column,
                clips=int(known.sum()),
                unknown=int((~known).sum()),
                mean=_mean(values[known], weights[known]),
                p10=float(low),
                median=float(middle),
                p90=float(high),
                groups=tuple(groups),
            )
        )
    return tuple(found)


def _group_means(grouping: Grouping, groups: Groups, values: Floats, weights: Floats) -> list[GroupMean]:
    known = np.isfinite(values) & (groups.member >= 0)
    member, values, weights = groups.member[known], values[known], weights[known]
    clips = np.bincount(member, minlength=len(groups.names))
    sums = np.bincount(member, values * weights, minlength=len(groups.names))
    lengths = np.bincount(member, weights, minlength=len(groups.names))
    found = [
        GroupMean(grouping, name, float(sums[place] / lengths[place]), int(clips[place]))
        for place, name in enumerate(groups.names)
        if clips[place] and lengths[place] > 0
    ]
    return sorted(found, key=lambda mean: (mean.mean, mean.group)) if len(found) > 1 else []


def _mean(values: Floats, weights: Floats) -> float:
    return float(np.average(values, weights=weights)) if weights.sum() > 0 else float(np.mean(values))
