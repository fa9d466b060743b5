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
    statistic_interval,
)
from engine.validation.controls import compare
from engine.validation.curves import bins_of, group_gains, keep_curve, lds
from engine.validation.goals import goals
from engine.validation.reliability import gain_reliability, reward_reliability
from engine.validation.skill import cloning_skill, lacking
from engine.validation.sources_apart import between_sources, within_sources
from engine.validation.validation_report import (
    EDITION,
    BasePoint,
    GainGroup,
    GroupGains,
    PerfectJudge,
    RidgePoint,
    SourceGain,
    ValidationReport,
)
from engine.validation.verdict import rho_verdict

if TYPE_CHECKING:
    from engine.arrays import Floats, Rows
    from engine.statistics.interval import Interval
    from engine.tables.types import ClipTable
    from engine.validation.measured import Measured
    from engine.validation.settings import EffortSettings, ValidationSettings
    from engine.validation.unseen import UnseenReward
    from engine.validation.validation_report import DataBehind, LabelsBehind, Target


__all__ = ["Question", "validate_report"]

BINS = 10
LENGTH, HANDS, MOTION = "clip length", "hands in view", "rows in motion"
"""What might explain a correlation with gain, as the report names it."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a report is made from. Arrays are `(n,)`, row by row of the clips that have a gain."""

    measured: Measured
    rows: Rows
    """Which of the measured clips have a gain."""
    clips: ClipTable
    """Their features."""
    unseen: UnseenReward
    """Rewards that saw no label of the clip's source."""
    stored: Floats | None
    """The model's own rewards, which may have seen labels of these clips; None without a model."""
    robot: Floats | None
    """Gains as a robot head that learned from those of other videos expects them; None where none was trained."""
    composite: Floats | None
    quality: Floats | None
    """The hidden quality of sample clips; None where clips are real."""
    useful: Floats | None
    """Their hidden usefulness."""
    labels: LabelsBehind
    behind: DataBehind
    target: Target | None = None

    @property
    def gain(self) -> Floats:
        """ΔM."""
        return self.measured.gain[self.rows]

    @property
    def video_ids(self) -> tuple[str, ...]:
        """The sources."""
        return tuple(self.measured.video_ids[row] for row in self.rows)


def validate_report(
    question: Question, settings: ValidationSettings, effort: EffortSettings, *, seed: int
) -> ValidationReport:
    """Everything that the page shows."""
    measured, gain, reward = question.measured, question.gain, question.unseen.reward
    samples = resampled_rows(question.video_ids, effort.resamples, seed)
    fewer = samples[:300]
    skill = cloning_skill(measured.losses, settings.cloning.least_skill, seed, effort.resamples)
    rho = correlation(reward, gain, samples)
    reliability = gain_reliability(measured, seed), reward_reliability(question.unseen)
    given = _given(question)

    def partial(rows: Rows) -> float:
        return partial_rho(reward[rows], gain[rows], [column[rows] for column in given.values()])

    controls = compare(reward, gain, _rivals(question, seed), samples)
    keep = keep_curve(measured, _orders(question), seed=seed)
    groups = _groups(question, settings.pools.base_share, seed)
    subsets = lds(measured, seed=seed, resamples=effort.resamples)
    judge = _perfect_judge(question, samples)
    return without_nan(
        ValidationReport(
            edition=EDITION,
            supported=skill.supported,
            verdict=rho_verdict(rho, skill, controls, question.behind),
            rho=Estimate.of(rho),
            rho_stored=_estimate(question.stored, gain, samples),
            rho_between=Estimate.of(between_sources(reward, gain, question.video_ids, fewer)),
            rho_within=Estimate.of(within_sources(reward, gain, question.video_ids, fewer)),
            rho_robot=_estimate(question.robot, gain, samples),
            p_across=permutation_p(reward, gain, None, effort.resamples, seed),
            p_within=permutation_p(reward, gain, question.video_ids, effort.resamples, seed),
            partial=Estimate.of(statistic_interval(partial, len(gain), fewer)) if given else None,
            partial_given=tuple(given),
            reliability_gain=reliability[0],
            reliability_reward=reliability[1],
            ceiling=ceiling(*reliability),
            skill=skill,
            behind=question.behind,
            lacking=None if skill.supported else lacking(question.behind),
            controls=tuple(controls),
            base_curve=_base_curve(question, settings.pools.base_share, rho, fewer),
            ridges=_ridges(question, rho, fewer),
            keep=keep,
            groups=groups,
            lds=subsets,
            judge=judge,
            goals=goals(rho, reliability[0], controls, keep, groups, judge),
            labels=question.labels,
            target=question.target,
            clips=len(gain),
            sources=len(set(question.video_ids)),
            zero_gain_clips=int(np.sum(gain == 0)),
            reused=measured.reused,
            trunk_steps=measured.steps,
            computed_on=measured.computed_on or None,
        )
    )


def _estimate(column: Floats | None, gain: Floats, samples: list[Rows]) -> Estimate | None:
    return None if column is None else Estimate.of(correlation(column, gain, samples))


def _base_curve(question: Question, own: float, rho: Interval, samples: list[Rows]) -> tuple[BasePoint, ...]:
    reward, rows = question.unseen.reward, question.rows
    found = {share: correlation(reward, gains[rows], samples) for share, gains in question.measured.other_bases.items()}
    return tuple(
        BasePoint(share=share, value=point.value, low=point.low, high=point.high)
        for share, point in sorted({**found, own: rho}.items())
    )


def _ridges(question: Question, rho: Interval, samples: list[Rows]) -> tuple[RidgePoint, ...]:
    measured, reward = question.measured, question.unseen.reward
    near = {ridge: correlation(reward, gains[question.rows], samples) for ridge, gains in measured.other_ridges.items()}
    return tuple(
        RidgePoint(ridge=ridge, chosen=ridge == measured.ridge, rho=Estimate.of(point))
        for ridge, point in sorted({**near, measured.ridge: rho}.items())
    )


def _perfect_judge(question: Question, samples: list[Rows]) -> PerfectJudge | None:
    if question.quality is None or question.useful is None:
        return None
    quality, gain, reward = question.quality, question.gain, question.unseen.reward

    def reached(rows: Rows) -> float:
        best = spearman(quality[rows], gain[rows])
        return spearman(reward[rows], gain[rows]) / best if best > 0 else float("nan")

    return PerfectJudge(
        quality=Estimate.of(correlation(quality, gain, samples)),
        useful=Estimate.of(correlation(question.useful, gain, samples)),
        reached=Estimate.of(statistic_interval(reached, len(gain), samples)),
    )


def _given(question: Question) -> dict[str, Floats]:
    """What the partial correlation holds fixed, by name: what varies of clip length, hands in view, rows in motion."""
    columns = {
        LENGTH: question.clips.duration_s,
        HANDS: _column(question.clips, "hands_any_share"),
        MOTION: question.measured.rows_in_motion[question.rows],
    }
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
    rivals[MOTION] = ("control", question.measured.rows_in_motion[question.rows])
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
    def everywhere(column: Floats) -> Floats:
        whole = np.full(len(question.measured.clip_ids), np.nan)
        whole[question.rows] = column
        return whole

    orders = {"reward": everywhere(question.unseen.reward), "ΔM itself": question.measured.gain}
    if question.composite is not None:
        orders["composite score"] = everywhere(question.composite)
    return orders


def _groups(question: Question, share: float, seed: int) -> GroupGains:
    measured, reward = question.measured, question.unseen.reward
    n = len(measured.clip_ids)

    def members(own: Floats | Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        whole = np.zeros(n, bool)
        whole[question.rows[own]] = True
        return whole

    bins = bins_of(reward, min(BINS, max(2, len(reward) // 8)))
    bin_gains = group_gains(measured, [members(np.flatnonzero(bin_)) for bin_ in bins], share, seed=seed)
    names, videos = list(dict.fromkeys(question.video_ids)), np.array(question.video_ids)
    sources = [np.flatnonzero(videos == name) for name in names]
    source_gains = group_gains(measured, [members(rows) for rows in sources], share, seed=seed)
    bin_rewards = np.array([np.mean(reward[member]) for member in bins])
    source_rewards = np.array(
        [np.nanmean(reward[rows]) if np.isfinite(reward[rows]).any() else np.nan for rows in sources]
    )
    return GroupGains(
        bins=tuple(GainGroup(reward=float(r), gain=float(g)) for r, g in zip(bin_rewards, bin_gains, strict=True)),
        bins_rho=spearman(bin_rewards, bin_gains),
        sources=tuple(
            SourceGain(video_id=name, clips=len(rows), reward=float(r), gain=float(g))
            for name, rows, r, g in zip(names, sources, source_rewards, source_gains, strict=True)
        ),
        sources_rho=spearman(source_rewards, source_gains),
    )
