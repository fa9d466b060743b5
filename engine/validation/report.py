"""The report of a validation from what was measured: the verdict, ρ, and everything that questions it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.finite import without_nan
from engine.statistics.interval import Estimate
from engine.statistics.resampling import (
    ceiling,
    correlation,
    partial_rho,
    permutation_p,
    resampled_rows,
    split_half,
    statistic_interval,
)
from engine.validation.controls import compare
from engine.validation.curves import bins_of, group_gains, keep_curve, lds
from engine.validation.validation_report import (
    BasePoint,
    CloningSkill,
    GainGroup,
    Goal,
    GroupGains,
    SourceGain,
    ValidationReport,
)
from engine.validation.verdict import rho_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Floats, Rows
    from engine.statistics.interval import Interval
    from engine.tables.types import ClipTable
    from engine.validation.measured import Measured, TrunkRun
    from engine.validation.settings import EffortSettings, ValidationSettings
    from engine.validation.unseen import UnseenReward
    from engine.validation.validation_report import Control, KeepCurve, LabelsBehind, SubsetCheck


__all__ = ["Question", "gain_reliability", "reward_reliability", "validate_report"]

BINS = 10
LENGTH, HANDS = "clip length", "hands in view"
"""What might explain a correlation with gain, as the report names it."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a report is made from. Arrays are `(n,)`, row by row of the candidates that were measured."""

    measured: Measured
    clips: ClipTable
    """The candidates' features."""
    unseen: UnseenReward
    """Rewards that saw no label of the clip's source."""
    stored: Floats | None
    """The model's own rewards, which may have seen labels of these clips; None without a model."""
    composite: Floats | None
    labels: LabelsBehind


def validate_report(
    question: Question, settings: ValidationSettings, effort: EffortSettings, *, seed: int
) -> ValidationReport:
    """Everything that the page shows."""
    measured, gain, reward = question.measured, question.measured.gain, question.unseen.reward
    samples = resampled_rows(measured.video_ids, effort.resamples, seed)
    skill = _skill(measured.runs, settings.cloning.least_skill)
    rho = correlation(reward, gain, samples)
    reliability = gain_reliability(measured, seed), reward_reliability(question.unseen)
    given = _given(question.clips)

    def partial(rows: Rows) -> float:
        return partial_rho(reward[rows], gain[rows], [column[rows] for column in given.values()])

    controls = compare(reward, gain, _rivals(question, seed), samples)
    keep = keep_curve(measured.runs, _orders(question), seed=seed)
    groups = _groups(question, settings.pools.base_share, seed)
    subsets = lds(measured, least_skill=settings.cloning.least_skill, seed=seed, resamples=effort.resamples)
    return without_nan(
        ValidationReport(
            supported=skill.supported,
            verdict=rho_verdict(rho, skill, controls),
            rho=Estimate.of(rho),
            rho_stored=_estimate(question.stored, gain, samples) if question.stored is not None else None,
            p_across=permutation_p(reward, gain, None, effort.resamples, seed),
            p_within=permutation_p(reward, gain, measured.video_ids, effort.resamples, seed),
            partial=Estimate.of(statistic_interval(partial, len(gain), samples[:300])) if given else None,
            partial_given=tuple(given),
            reliability_gain=reliability[0],
            reliability_reward=reliability[1],
            ceiling=ceiling(*reliability),
            skill=skill,
            controls=tuple(controls),
            base_curve=tuple(
                _base_point(share, correlation(reward, gains, samples[:300]))
                for share, gains in measured.base_curve.items()
            ),
            keep=keep,
            groups=groups,
            lds=subsets,
            goals=_goals(rho, reliability[0], controls, keep, groups, subsets),
            labels=question.labels,
            clips=len(gain),
            sources=len(set(measured.video_ids)),
            zero_gain_clips=int(np.sum(gain == 0)),
            reused=measured.reused,
        )
    )


def _estimate(column: Floats, gain: Floats, samples: list[Rows]) -> Estimate:
    return Estimate.of(correlation(column, gain, samples))


def _base_point(share: float, found: Interval) -> BasePoint:
    return BasePoint(share=share, value=found.value, low=found.low, high=found.high)


def gain_reliability(measured: Measured, seed: int) -> float:
    """Reliability of ΔM: trunks with bases of their own against each other, stepped up to all of them.

    One trunk alone is split by its bases; that leaves the trunk's own luck out.
    """
    if len(measured.runs) == 1:
        return split_half(measured.runs[0].gains, seed)
    return stepped_up(np.array([run.gains.mean(axis=0) for run in measured.runs]))


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


def _skill(runs: Sequence[TrunkRun], least: float) -> CloningSkill:
    model, zero, velocity = (
        float(np.mean([getattr(run.skill, name) for run in runs]))
        for name in ("model", "zero_motion", "constant_velocity")
    )
    share = 1 - model / min(zero, velocity)
    return CloningSkill(
        model=model,
        zero_motion=zero,
        constant_velocity=velocity,
        share=share,
        least=least,
        by_seed=tuple(run.skill.share for run in runs),
        supported=bool(share >= least),
    )


def _given(clips: ClipTable) -> dict[str, Floats]:
    """What the partial correlation holds fixed, by name: of clip length and hands in view, whichever varies among the
    clips."""
    columns = {LENGTH: clips.duration_s, HANDS: _column(clips, "hands_any_share")}
    return {name: column for name, column in columns.items() if column is not None and _varies(column)}


def _varies(column: Floats) -> bool:
    known = column[np.isfinite(column)]
    return bool(len(known) and np.ptp(known) > 0)


def _column(clips: ClipTable, name: str) -> Floats | None:
    return clips.values[:, clips.columns.index(name)] if name in clips.columns else None


def _rivals(question: Question, seed: int) -> dict[str, tuple[str, Floats]]:
    clips = question.clips
    rivals: dict[str, tuple[str, Floats]] = {}
    if clips.duration_s is not None:
        rivals[LENGTH] = ("control", clips.duration_s)
    for name in ("hands_any_share", "hands_confidence_mean"):
        column = _column(clips, name)
        if column is not None:
            rivals[name] = ("control", column)
    if question.composite is not None:
        rivals["composite score"] = ("composite", question.composite)
    for index, name in enumerate(clips.columns):
        rivals.setdefault(name, ("feature", clips.values[:, index]))
    rng = np.random.Generator(np.random.PCG64([seed, 41]))
    rivals["random score"] = ("random", rng.random(len(clips)))
    return rivals


def _orders(question: Question) -> dict[str, Floats]:
    orders = {"reward": question.unseen.reward, "ΔM itself": question.measured.gain}
    if question.composite is not None:
        orders["composite score"] = question.composite
    return orders


def _groups(question: Question, share: float, seed: int) -> GroupGains:
    runs, reward = question.measured.runs, question.unseen.reward
    bins = bins_of(reward, min(BINS, max(2, len(reward) // 8)))
    bin_gains = group_gains(runs, bins, share, seed=seed)
    names = list(dict.fromkeys(question.measured.video_ids))
    videos = np.array(question.measured.video_ids)
    sources = [videos == name for name in names]
    source_gains = group_gains(runs, sources, share, seed=seed)
    bin_rewards = np.array([np.mean(reward[member]) for member in bins])
    source_rewards = np.array(
        [np.nanmean(reward[member]) if np.isfinite(reward[member]).any() else np.nan for member in sources]
    )
    return GroupGains(
        bins=tuple(GainGroup(reward=float(r), gain=float(g)) for r, g in zip(bin_rewards, bin_gains, strict=True)),
        bins_rho=spearman(bin_rewards, bin_gains),
        sources=tuple(
            SourceGain(video_id=name, clips=int(member.sum()), reward=float(r), gain=float(g))
            for name, member, r, g in zip(names, sources, source_rewards, source_gains, strict=True)
        ),
        sources_rho=spearman(source_rewards, source_gains),
    )


def _goals(
    rho: Interval,
    reliability: float,
    controls: Sequence[Control],
    keep: KeepCurve,
    groups: GroupGains,
    subsets: SubsetCheck | None,
) -> dict[str, Goal]:
    """The goals that we hold ourselves to: what was found and whether it is met; None where that can't be told."""
    third = _number(keep.curves["reward"][keep.shares.index(0.33)]) - _number(keep.all)
    goals = {
        "ρ ≥ 0.60": _goal(rho.value, rho.value >= 0.6),
        "lower bound of ρ ≥ 0.50": _goal(rho.low, rho.low >= 0.5),
        "reliability of ΔM ≥ 0.85": _goal(reliability, reliability >= 0.85),
        "group ρ ≥ 0.80": _goal(_number(groups.bins_rho), _number(groups.bins_rho) >= 0.8),
        "best third by reward trains as well as all": _goal(third, third <= 0),
    }
    best = next((control for control in controls if control.kind in ("feature", "control")), None)
    if best:
        lead = rho.value - _number(best.rho.value)
        goals[f"better than the best single feature ({best.name}) by 0.08"] = _goal(lead, lead >= 0.08)
    if subsets is not None and subsets.learned:
        found = _number(subsets.rho.value)
        goals["LDS ≥ 0.60"] = _goal(found, found >= 0.6)
    return goals


def _goal(value: float, met: bool) -> Goal:
    return Goal(value=value, met=bool(met) if np.isfinite(value) else None)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
