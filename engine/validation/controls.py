"""What else might explain gain: clip length, hands in view, single features, the composite score, chance. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.interval import Interval, percentile_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Control", "compare", "signed"]


@dataclass(frozen=True)
class Control:
    """A rival of the reward. `rho` is |ρ| of the rival with gain: a feature may be good low or high.

    `behind` is the reward's ρ minus the rival's, with a paired interval: above 0 throughout, the reward is better.
    """

    name: str
    kind: str
    """`control`, `composite`, `feature` or `random`."""
    rho: Interval
    sign: int
    behind: Interval


def signed(column: Floats, gain: Floats) -> tuple[Floats, int]:
    """The column turned so that it correlates with gain, and which way it was; it gets that choice for free."""
    sign = -1 if spearman(column, gain) < 0 else 1
    return sign * column, sign


def compare(
    reward: Floats,
    gain: Floats,
    rivals: Mapping[str, tuple[str, Floats]],
    samples: Sequence[NDArray[np.intp]],
) -> list[Control]:
    """The reward against each rival, `name → (kind, column (n,))`, on the same bootstrap samples; best rival first.

    A clip that lacks a feature takes the median, so that both are measured on the same clips.
    """
    own = spearman(reward, gain)
    own_draws = np.array([spearman(reward[rows], gain[rows]) for rows in samples])
    found = []
    for name, (kind, column) in rivals.items():
        known = np.isfinite(column)
        if not known.any() or np.ptp(column[known]) == 0:
            continue
        whole = np.where(known, column, np.median(column[known]))
        turned, sign = (whole, 1) if kind == "random" else signed(whole, gain)
        rho = spearman(turned, gain)
        draws = np.array([spearman(turned[rows], gain[rows]) for rows in samples])
        found.append(
            Control(
                name, kind, percentile_interval(rho, draws), sign, percentile_interval(own - rho, own_draws - draws)
            )
        )
    return sorted(found, key=lambda control: -np.nan_to_num(control.rho.value, nan=-1.0))
