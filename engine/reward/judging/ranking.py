"""How well a reward ranks whole videos, and how well the clips within a video: two things that one number hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.reward.judging.training_report import VideoRanking
from engine.statistics.interval import Estimate
from engine.statistics.pair_metrics import first_with_interval, kendall_tau, source_weights

if TYPE_CHECKING:
    from engine.arrays import Floats, Rows
    from engine.reward.crossval import HeldOut

__all__ = ["HeldOutClips", "video_ranking"]

NO_VIDEOS: Final = "no two videos that were held out together have clips that answers compare"
NO_CLIPS: Final = "no two held-out clips of one video differ in how often they were chosen"
FEW_VIDEOS: Final = "the held-out clips are of too few videos for an interval"
"""Why a ranking has no value, or no interval."""


@dataclass(frozen=True, kw_only=True)
class HeldOutClips:
    """Clips that a fold held out and that answers connect, a row a clip and fold; strengths are from labels alone."""

    fold: Rows
    piece: Rows
    """Which connected piece of the answers: strengths of two pieces are on scales of their own."""
    source: Rows
    strength: Floats
    reward: Floats

    @classmethod
    def of(cls, held: HeldOut, source: Rows, strength: Floats, piece: Rows, uncompared: int) -> HeldOutClips:
        """The held-out clips that answers compare; `source`, `strength`, `piece` are `(n_clips,)`."""
        known = piece[held.clip] != uncompared
        clip = held.clip[known]
        return cls(
            fold=held.clip_fold[known],
            piece=piece[clip],
            source=source[clip],
            strength=strength[clip],
            reward=held.reward[known],
        )


def video_ranking(clips: HeldOutClips, *, sources: int, rounds: int, seed: int) -> VideoRanking:
    """Kendall's τ of the means of two videos that one fold held out, and of two clips of one video."""
    group = np.stack([clips.fold, clips.piece, clips.source])
    keys, place = np.unique(group, axis=1, return_inverse=True)
    place = place.reshape(-1)
    count = np.bincount(place, minlength=keys.shape[1])
    reward, strength = (np.bincount(place, weights=values) / count for values in (clips.reward, clips.strength))
    first, second = _pairs_within(keys[0] * (int(clips.piece.max(initial=0)) + 1) + keys[1])
    weights = source_weights(keys[2][first], keys[2][second], sources=sources, rounds=rounds, seed=seed)
    between = kendall_tau(reward[first] - reward[second], strength[first] - strength[second], weights)
    first, second = _pairs_within(place)
    own = clips.source[first]
    weights = source_weights(own, own, sources=sources, rounds=rounds, seed=seed)
    within = kendall_tau(
        clips.reward[first] - clips.reward[second], clips.strength[first] - clips.strength[second], weights
    )
    return VideoRanking(between=_estimate(between, NO_VIDEOS), within=_estimate(within, NO_CLIPS))


def _pairs_within(group: Rows) -> tuple[Rows, Rows]:
    """Every two rows of the same group."""
    found = [np.zeros((2, 0), dtype=np.intp)]
    for name in np.unique(group):
        rows = np.flatnonzero(group == name)
        first, second = np.triu_indices(len(rows), 1)
        found.append(np.stack([rows[first], rows[second]]))
    first, second = np.concatenate(found, axis=1)
    return first, second


def _estimate(draws: Floats, why_empty: str) -> Estimate:
    found = first_with_interval(draws)
    if not np.isfinite(found.value):
        return Estimate.of(found, why_empty)
    return Estimate.of(found, None if np.isfinite(found.low) else FEW_VIDEOS)
