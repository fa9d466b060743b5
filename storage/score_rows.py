"""What the Scores page gets from the store: counts, bins, and the few clips that it names."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FeatureEnd", "MovedClip", "ScoreBin", "ScoreSummary", "ScoredClip"]


@dataclass(frozen=True)
class ScoreSummary:
    """How many clips a model has scored, and how many of them are from rendered sample videos."""

    clips: int
    synthetic: int
    gone: int
    """Scores of clips that are no more in the workspace."""


@dataclass(frozen=True, kw_only=True)
class ScoredClip:
    """A clip with its score and its place, 1 for the best."""

    clip_id: str
    reward: float
    reward_std: float
    rank: int


@dataclass(frozen=True)
class ScoreBin:
    """The clips of one group with a reward in a bin of this width from `low` on."""

    low: float
    width: float
    group: str
    clips: int


@dataclass(frozen=True)
class FeatureEnd:
    """A clip at one end of a feature."""

    clip_id: str
    value: float
    reward: float


@dataclass(frozen=True, kw_only=True)
class MovedClip:
    """A clip's place by another model and by this one, of the clips that they have in `common`; `is_sampled` where it
    belongs to the fixed sample."""

    clip_id: str
    rank_before: int
    rank: int
    common: int
    is_sampled: bool

    @property
    def moved(self) -> int:
        """By how many places it has risen."""
        return self.rank_before - self.rank
