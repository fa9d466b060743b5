"""One sentence: is the bar met, not met, or can't it be told? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.interval import Interval
from engine.validation.validation_report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.validation.validation_report import CloningSkill, Control, DataBehind, Standing

__all__ = ["DROP_BAR", "RHO_BAR", "drop_verdict", "rho_verdict", "standing"]

RHO_BAR = 0.5
DROP_BAR = 0.1


def standing(found: Interval, bar: float) -> Standing:
    """Met where the whole interval lies at or above the bar, not met where below, undecided where it straddles."""
    if not np.isfinite(found.value) or not np.isfinite(found.low):
        return "undecided"
    if found.low >= bar:
        return "met"
    return "not met" if found.high < bar else "undecided"


def said_interval(found: Interval) -> str:
    """`95 % interval 0.31 to 0.52`, or that there is none."""
    if not np.isfinite(found.low) or not np.isfinite(found.high):
        return "too few source videos for an interval"
    return f"95 % interval {found.low:.2f} to {found.high:.2f}"


def rho_verdict(
    rho: Interval, skill: CloningSkill, controls: Sequence[Control], behind: DataBehind | None = None
) -> Verdict:
    """Whether the bar of ρ is met, in a sentence; the caveat says what a single feature does as well."""
    if not skill.supported:
        return Verdict(standing="unsupported", sentence=_unsupported(skill, behind), caveat="")
    if not np.isfinite(rho.value):
        sentence = (
            f"Undecided whether ρ ≥ {RHO_BAR:.1f}: ρ can't be computed, for all clips have the same reward or the same "
            "gain, or fewer than three have both. Label more pairs, of clips that differ."
        )
        return Verdict(standing="undecided", sentence=sentence, caveat="")
    where = standing(rho, RHO_BAR)
    found = f"ρ = {rho.value:.2f} ({said_interval(rho)})"
    sentence = {
        "met": f"The bar ρ ≥ {RHO_BAR:.1f} is met: {found}.",
        "not met": f"The bar ρ ≥ {RHO_BAR:.1f} is not met: {found}.",
        "undecided": f"Undecided whether ρ ≥ {RHO_BAR:.1f}: {found}; more source videos would narrow it.",
    }[where]
    return Verdict(standing=where, sentence=sentence, caveat=_caveat(rho, controls))


def _unsupported(skill: CloningSkill, behind: DataBehind | None) -> str:
    """That the cloning model learned nothing that counts, in numbers."""
    losses = {"standing still": skill.zero_motion, "damped velocity": skill.constant_velocity}
    rival, loss = min(((name, np.nan if x is None else x) for name, x in losses.items()), key=lambda pair: pair[1])
    model = np.nan if skill.model is None else skill.model
    said = (
        "This data cannot support a ΔM: the behaviour-cloning model does not clearly beat "
        f"“{rival}” on videos that it did not learn from (loss {model:.4f} against {loss:.4f}"
    )
    base = skill.base
    if base is not None and base.low is not None:
        said += f"; skill {base.value:.3f}, 95 % interval {base.low:.3f} to {base.high:.3f}"
    said += ")."
    if behind is not None:
        said += f" It has {behind.rows_in_motion:,} rows in motion of {behind.videos_in_motion} source videos."
    return said


def _caveat(rho: Interval, controls: Sequence[Control]) -> str:
    rivals = [(x.rho.value, x) for x in controls if x.kind != "random" and x.rho.value is not None]
    if not rivals:
        return ""
    own, best = max(rivals, key=lambda rival: rival[0])
    if own >= rho.value:
        return f"The reward does not beat the best single feature here: {best.name}, alone, has |ρ| = {own:.2f}."
    if best.behind.low is None or best.behind.low <= 0:
        return (
            f"The best single feature, {best.name}, alone has |ρ| = {own:.2f}; "
            "that the reward is better is not certain at this number of clips."
        )
    return f"The best single feature, {best.name}, alone has |ρ| = {own:.2f}: the reward is clearly better."


def drop_verdict(group: str, drop: Interval, power: float) -> tuple[Standing, str]:
    """Whether ρ falls by at least `DROP_BAR` without a feature group, and the sentence that says so."""
    where = standing(drop, DROP_BAR)
    way, change = ("falls", drop) if not drop.value < 0 else ("rises", Interval(-drop.value, -drop.high, -drop.low))
    found = f"ρ {way} by {change.value:.2f} ({said_interval(change)}) without {group}"
    if not np.isfinite(drop.value):
        found = f"with or without {group}, ρ can't be computed, for all clips have the same reward or the same gain"
    sentence = {
        "met": f"Drop ≥ {DROP_BAR:.1f} is met: {found}.",
        "not met": f"Drop ≥ {DROP_BAR:.1f} is not met: {found}.",
        "undecided": f"Undecided whether the drop is ≥ {DROP_BAR:.1f}: {found}.",
    }[where]
    if np.isfinite(power):
        sentence += (
            f" With this many clips a true drop of {DROP_BAR:.1f} would be told from none {power:.0%} of the time."
        )
    return where, sentence
