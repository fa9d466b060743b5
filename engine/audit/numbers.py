"""The measured numbers of the footage that findings rest on: overall, and the mean of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.audit.facts import GROUPINGS, Grouping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Floats
    from engine.audit.facts import AuditFacts

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
    names = {grouping: facts.texts(grouping) for grouping in GROUPINGS}
    found = []
    for column in NUMBERS:
        values = facts.numbers(column)
        known = np.isfinite(values)
        if not known.any():
            continue
        low, middle, high = np.percentile(values[known], _DECILES)
        groups = [mean for grouping in GROUPINGS for mean in _group_means(grouping, names[grouping], values, weights)]
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


def _group_means(grouping: Grouping, names: Sequence[str | None], values: Floats, weights: Floats) -> list[GroupMean]:
    known = np.isfinite(values) & np.array([name is not None for name in names], bool)
    if len(set(names)) < 2:
        return []
    groups, member = np.unique([str(name) for name in names], return_inverse=True)
    found = []
    for place, group in enumerate(groups):
        mine = known & (member == place)
        if mine.any():
            found.append(GroupMean(grouping, str(group), _mean(values[mine], weights[mine]), int(mine.sum())))
    return sorted(found, key=lambda mean: (mean.mean, mean.group)) if len(found) > 1 else []


def _mean(values: Floats, weights: Floats) -> float:
    return float(np.average(values, weights=weights)) if weights.sum() > 0 else float(np.mean(values))
