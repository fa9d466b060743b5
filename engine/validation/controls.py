"""What else might explain gain: clip length, hands in view, single features, the composite score, chance. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.interval import Estimate, percentile_interval
from engine.validation.validation_report import Control

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Floats, Rows


__all__ = ["compare", "signed"]


def signed(column: Floats, gain: Floats) -> tuple[Floats, int]:
    """The column turned so that it correlates with gain, and which way it was; it gets that choice for free."""
    sign = -1 if spearman(column, gain) < 0 else 1
    return sign * column, sign


def compare(
    reward: Floats,
    gain: Floats,
    rivals: Mapping[str, tuple[str, Floats]],
    samples: Sequence[Rows],
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
                name=name,
                kind=kind,
                rho=Estimate.of(percentile_interval(rho, draws)),
                sign=sign,
                behind=Estimate.of(percentile_interval(own - rho, own_draws - draws)),
            )
        )
    return sorted(found, key=lambda control: -(-1.0 if control.rho.value is None else control.rho.value))
