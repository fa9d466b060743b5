"""Which clips policies are trained on to count their success: the best third by each score, random thirds, all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.validation.curves import bins_of
from engine.validation.estimator import base_keys, base_members, base_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Flags, Floats
    from engine.validation.rollout_settings import RolloutEffort, RolloutSettings

__all__ = ["ALL", "RANDOM", "REWARD", "WORST", "Choice", "bin_choices", "row_choices", "subset_choices"]

REWARD, RANDOM, WORST, ALL = "best by reward", "random", "worst by reward", "all clips"
"""Names of rows that the report's words speak of."""
_RANDOM_SEED: Final = 51
_SUBSET_SEED: Final = 52
_BASE_SEED: Final = 53


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Clips that one policy is trained on."""

    row: str
    """What the choice is called in the report."""
    clip_ids: tuple[str, ...]
    seed: int
    """Of the policy's training."""
    draw: int = 0
    """Which of several random draws."""


def row_choices(
    clip_ids: tuple[str, ...],
    scores: Mapping[str, Floats],
    settings: RolloutSettings,
    effort: RolloutEffort,
    *,
    seed: int,
) -> list[Choice]:
    """The choices of all rows, seed by seed, so that the first results cover all rows.

    `scores`: row → score `(n,)`, higher chosen first and NaN never; the reward's is called `REWARD`. A random draw goes
    with one seed: draw 3 of 5 draws and 2 seeds with the second.
    """
    size = base_size(len(clip_ids), settings.share)
    best = {row: _best(clip_ids, score, size) for row, score in scores.items()}
    best[WORST] = _best(clip_ids, -scores[REWARD], size)
    best[ALL] = clip_ids
    draws = max(effort.random_draws, effort.seeds)
    keys = base_keys(clip_ids, draws, seed + _RANDOM_SEED)
    chance = [_taken(clip_ids, base_members(row, np.ones(len(clip_ids), bool), size)) for row in keys]
    choices: list[Choice] = []
    for number in range(effort.seeds):
        choices += [Choice(row=row, clip_ids=chosen, seed=number) for row, chosen in best.items()]
        choices += [
            Choice(row=RANDOM, clip_ids=chance[draw], seed=number, draw=draw)
            for draw in range(number, draws, effort.seeds)
        ]
    return choices


def bin_choices(
    clip_ids: tuple[str, ...], reward: Floats, head_clips: Flags, settings: RolloutSettings, *, base_share: float
) -> tuple[list[Choice], list[float]]:
    """Groups of clips by reward, each added to the same random base, and first the base alone; the mean rewards.

    The base holds clips of all groups: a group adds those that it does not hold already.
    """
    allowed = np.where(head_clips, reward, np.nan)
    known = int(np.isfinite(allowed).sum())
    count = min(settings.bins, known // 4)
    if count < 3:
        return [], []
    key = base_keys(clip_ids, 1, _BASE_SEED)[0]
    base = base_members(key, np.asarray(head_clips, bool), base_size(int(head_clips.sum()), base_share))
    groups = bins_of(allowed, count)
    choices = [Choice(row="base", clip_ids=_taken(clip_ids, base), seed=0)]
    choices += [
        Choice(row=f"group {number}", clip_ids=_taken(clip_ids, base | group), seed=0)
        for number, group in enumerate(groups, start=1)
    ]
    return choices, [float(reward[group].mean()) for group in groups]


def subset_choices(
    clip_ids: tuple[str, ...], head_clips: Flags, settings: RolloutSettings, effort: RolloutEffort, *, seed: int
) -> list[Choice]:
    """Random subsets of the clips that heads may learn from."""
    allowed = np.asarray(head_clips, bool)
    if not effort.subsets or allowed.sum() < 4:
        return []
    size = base_size(int(allowed.sum()), settings.subset_share)
    keys = base_keys(clip_ids, effort.subsets, seed + _SUBSET_SEED)
    return [
        Choice(row="subset", clip_ids=_taken(clip_ids, base_members(row, allowed, size)), seed=0, draw=draw)
        for draw, row in enumerate(keys)
    ]


def _best(clip_ids: tuple[str, ...], score: Floats, size: int) -> tuple[str, ...]:
    known = np.flatnonzero(np.isfinite(score))
    order = known[np.argsort(-score[known], kind="stable")]
    member = np.zeros(len(clip_ids), bool)
    member[order[:size]] = True
    return _taken(clip_ids, member)


def _taken(clip_ids: tuple[str, ...], member: Flags) -> tuple[str, ...]:
    """The chosen clips in the order of the pool: the same choice trains the same policy, whatever chose it."""
    return tuple(clip_id for clip_id, taken in zip(clip_ids, member, strict=True) if taken)
