"""Counts success by rollouts and reports it: the table of choices, groups by reward, and loss against success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.errors import TooLittleData
from engine.statistics.finite import without_nan
from engine.validation.actions import OUTPUTS
from engine.validation.hand_series import HANDS
from engine.validation.rollout_rows import ALL, RANDOM, REWARD, WORST, bin_choices, row_choices, subset_choices
from engine.validation.rollout_table import by_group, by_subset, success_row
from engine.validation.success_report import SuccessReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Floats, Rows
    from engine.validation.learner import Learner
    from engine.validation.rollout_rows import Choice
    from engine.validation.rollout_settings import RolloutEffort, RolloutSettings
    from engine.validation.rollouts import Attempts, Kind, Rollouts
    from engine.validation.scene_process import Rolled
    from engine.validation.success_report import SuccessBySubset, SuccessRow

__all__ = ["EXPERT", "MOTION", "QUALITY", "STILL", "ClipScores", "Counted", "count_success"]

COMPOSITE, MOTION, GAIN = "best by composite score", "best by rows in motion", "best by ΔM"
QUALITY: Final = "best by hidden quality"
EXPERT, STILL = "expert", "standing still"
_FEWEST = 12


@dataclass(frozen=True, kw_only=True)
class ClipScores:
    """What clips can be chosen by; columns are `(n,)`, NaN where unknown."""

    reward: Floats
    """By models that saw no label of the clip's video."""
    gain: Floats
    composite: Floats
    feature: Floats
    """The best single feature, turned so that more is better."""
    feature_name: str | None
    quality: Floats
    """What only the renderer knows."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A report without videos yet, and the attempts that can be shown: row → attempts of its first policy."""

    report: SuccessReport
    shown: dict[str, Rolled]


def count_success(
    rollouts: Rollouts,
    learner: Learner,
    scores: ClipScores,
    settings: RolloutSettings,
    effort: RolloutEffort,
    *,
    base_share: float,
    resamples: int,
    seed: int,
) -> Counted:
    """Train, try and compare. `scores` are of the learner's clips. Raises `Cancelled`, `TooLittleData`."""
    # All rows choose from the same clips: those whose reward and gain are known.
    known = np.flatnonzero(np.isfinite(scores.reward) & np.isfinite(scores.gain))
    if len(known) < _FEWEST:
        raise TooLittleData(
            f"{len(known)} clips have a reward, a gain and hands that can be followed, and a choice among them takes "
            f"{_FEWEST}",
            remedy="Validate again, after importing more sample videos.",
        )
    columns = _columns(scores, learner, known)
    chosen = row_choices(tuple(learner.clip_ids[row] for row in known), columns, settings, effort, seed=seed)
    groups, rewards = bin_choices(
        learner.clip_ids, scores.reward, learner.head_clips, settings, base_share=base_share
    )  # fmt: skip
    subsets = subset_choices(learner.clip_ids, learner.head_clips, settings, effort, seed=seed)
    work: list[tuple[Kind, Choice]] = [("network", choice) for choice in chosen]
    work += [("head", choice) for choice in [*groups, *subsets]]
    scripted = rollouts.scripted()
    found = rollouts.count(work)
    of_rows, of_heads = found[: len(chosen)], found[len(chosen) :]
    outcomes = [attempts.rolled.outcome for attempts in of_heads[: len(groups)]]
    shown: dict[str, Rolled] = {}
    for choice, attempts in zip(chosen, of_rows, strict=True):
        shown.setdefault(choice.row, attempts.rolled)
    report = SuccessReport(
        rows=_rows(chosen, of_rows, scripted, resamples=resamples, seed=seed),
        seeds=effort.seeds,
        scenes=len(rollouts.scripts),
        seconds=settings.seconds,
        clips=len(known),
        best_feature=scores.feature_name,
        groups=by_group(rewards, outcomes[0], outcomes[1:]) if outcomes else None,
        subsets=_subsets(subsets, of_heads[len(groups) :], learner, scores, resamples=resamples, seed=seed),
        videos=(),
    )
    return Counted(report=without_nan(report), shown=shown)


def _columns(scores: ClipScores, learner: Learner, known: Rows) -> dict[str, Floats]:
    """What clips are chosen by, row by row, of the clips `known`; a column that few of them have is left out."""
    columns: dict[str, Floats] = {
        REWARD: scores.reward,
        COMPOSITE: scores.composite,
        f"best by {scores.feature_name}": scores.feature,
        MOTION: learner.motion.astype(np.float64),
        GAIN: scores.gain,
        QUALITY: scores.quality,
    }
    chosen = {name: column[known] for name, column in columns.items()}
    return {name: column for name, column in chosen.items() if np.isfinite(column).mean() > 1 / 2}


def _rows(
    chosen: Sequence[Choice],
    attempts: Sequence[Attempts],
    scripted: Mapping[str, Rolled],
    *,
    resamples: int,
    seed: int,
) -> tuple[SuccessRow, ...]:
    """The table: choices in their order, then the worst, random, all, and what needs no training."""
    by_row: dict[str, dict[int, list[Floats]]] = {}
    clips: dict[str, int] = {}
    for choice, found in zip(chosen, attempts, strict=True):
        by_row.setdefault(choice.row, {}).setdefault(choice.seed, []).append(found.rolled.outcome)
        clips[choice.row] = len(choice.clip_ids)
    # Several draws of one seed are averaged: they are one seed's estimate of what chance gives.
    stacked = {
        row: np.array([np.mean(seeds[number], axis=0) for number in sorted(seeds)]) for row, seeds in by_row.items()
    }
    last = (RANDOM, WORST, ALL)
    order = [*(row for row in stacked if row not in last), *last]
    rows = [
        success_row(
            row,
            stacked[row],
            None if row == RANDOM else stacked[RANDOM],
            clips=clips[row],
            policies=sum(map(len, by_row[row].values())),
            resamples=resamples,
            seed=seed,
            hidden=row == QUALITY,
        )
        for row in order
    ]
    for name, mode in ((EXPERT, "expert"), (STILL, "still")):
        outcome = scripted[mode].outcome[None]
        rows.append(success_row(name, outcome, stacked[RANDOM], clips=None, policies=1, resamples=resamples, seed=seed))
    return tuple(rows)


def _subsets(
    subsets: Sequence[Choice],
    attempts: Sequence[Attempts],
    learner: Learner,
    scores: ClipScores,
    *,
    resamples: int,
    seed: int,
) -> SuccessBySubset | None:
    """The fall of the loss against success over random subsets."""
    if not subsets:
        return None
    still = learner.loss(lambda seen: np.zeros((len(seen), HANDS, OUTPUTS), np.float32))
    gain_of = dict(zip(learner.clip_ids, scores.gain, strict=True))
    return by_subset(
        still - np.array([found.loss for found in attempts]),
        np.array([np.nansum([gain_of[clip_id] for clip_id in choice.clip_ids]) for choice in subsets]),
        [found.rolled.outcome for found in attempts],
        resamples=resamples,
        seed=seed,
    )
