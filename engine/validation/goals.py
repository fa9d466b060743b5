"""The goals that a validation is held to, and whether each is met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.validation.validation_report import Goal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.statistics.interval import Interval
    from engine.validation.validation_report import Control, GroupGains, KeepCurve, PerfectJudge

__all__ = ["goals"]

_THIRD = 0.33


def goals(
    rho: Interval,
    reliability: float,
    controls: Sequence[Control],
    keep: KeepCurve,
    groups: GroupGains,
    judge: PerfectJudge | None,
) -> dict[str, Goal]:
    """What was found of each goal, and whether it is met; None where that can't be known."""
    chance = keep.random.mean[keep.shares.index(_THIRD)]
    third = _number(chance) - _number(keep.curves["reward"][keep.shares.index(_THIRD)])
    found = {
        "lower bound of ρ ≥ 0.50": _goal(rho.low, rho.low >= 0.5),
        "group ρ ≥ 0.85": _goal(_number(groups.bins_rho), _number(groups.bins_rho) >= 0.85),
        "reliability of ΔM ≥ 0.90": _goal(reliability, reliability >= 0.9),
        "best third by reward has less loss than a random third": _goal(third, third > 0),
    }
    if judge is not None:
        share = _number(judge.reached.value)
        found["share of the perfect judge's ρ ≥ 0.90"] = _goal(share, share >= 0.9)
    best = next((control for control in controls if control.kind in ("feature", "control")), None)
    if best is not None:
        lead = rho.value - _number(best.rho.value)
        found[f"better than the best single feature ({best.name})"] = _goal(lead, lead > 0)
    return found


def _goal(value: float, met: bool) -> Goal:
    return Goal(value=value, met=bool(met) if np.isfinite(value) else None)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
