"""Success counted by rollouts, as it is stored and shown. `rollout_table.py` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.files.stored_json import StoredJson
from engine.statistics.interval import Estimate  # noqa: TC001  # read at run time, like all types of fields here

__all__ = [
    "CONDITIONS",
    "BinSuccess",
    "Measure",
    "Rate",
    "RolloutVideo",
    "SubsetSuccess",
    "SuccessByGroup",
    "SuccessBySubset",
    "SuccessReport",
    "SuccessRow",
    "enough_for_a_claim",
]

Measure = Literal["grasp", "placed", "approach"]
CONDITIONS = (
    "a hand that comes within 5 cm of a thing grasps it by itself",
    "there are no physics: nothing slips, collides or falls",
    "the scenes are drawn by the renderer of the sample videos, with other persons and things",
    "the first half second of each attempt is the expert's",
    "the head moves as the expert's script says, whatever the hands do",
)
"""What a reader has to know of these numbers; every report holds them."""
_LEAST_SEEDS, _LEAST_SCENES = 5, 100


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share over scenes: its mean over seeds, and how far it is above random choices of as many clips."""

    mean: float | None
    error: float | None
    """Standard error over seeds; None for a single one."""
    lead: Estimate | None
    """Mean minus that of the random choices, paired by seed and scene; None where there is nothing to compare."""


@dataclass(frozen=True, kw_only=True)
class SuccessRow:
    """Policies trained on one choice of clips, or what needs no training."""

    name: str
    clips: int | None
    """None for the expert and for standing still."""
    policies: int
    grasp: Rate
    placed: Rate
    approach: Rate
    hidden: bool = False
    """Chosen by what only the renderer knows."""


@dataclass(frozen=True, kw_only=True)
class BinSuccess:
    """Clips of about equal reward, and how much more often a policy succeeds that has them too."""

    reward: float | None
    grasp: float | None
    placed: float | None
    approach: float | None


@dataclass(frozen=True, kw_only=True)
class SuccessByGroup:
    """Groups of clips from the lowest rewards to the highest, and their ρ with what they add to success."""

    bins: tuple[BinSuccess, ...]
    rho: dict[Measure, float | None]


@dataclass(frozen=True, kw_only=True)
class SubsetSuccess:
    """A random subset of clips: the fall of the loss that it brings, and the success."""

    gain: float | None
    """Loss of standing still minus that of the policy trained on the subset."""
    predicted: float | None
    """The sum of its clips' ΔM."""
    grasp: float | None
    placed: float | None
    approach: float | None


@dataclass(frozen=True, kw_only=True)
class SuccessBySubset:
    """Whether the fall of the loss predicts success, over random subsets; ρ with a bootstrap over subsets."""

    subsets: tuple[SubsetSuccess, ...]
    gain_rho: dict[Measure, Estimate]
    predicted_rho: dict[Measure, Estimate]


@dataclass(frozen=True, kw_only=True)
class RolloutVideo:
    """One attempt to watch."""

    row: str
    scene: int
    grasp: bool
    placed: bool
    approach: float
    file: str
    """Name of the MP4 below the media folder."""


@dataclass(frozen=True, kw_only=True)
class SuccessReport(StoredJson):
    """All that one count of success found. It is all simulated: scenes, hands and outcomes are rendered."""

    rows: tuple[SuccessRow, ...]
    seeds: int
    scenes: int
    seconds: float
    clips: int
    """Clips that a choice could be made from."""
    best_feature: str | None
    groups: SuccessByGroup | None
    subsets: SuccessBySubset | None
    videos: tuple[RolloutVideo, ...]
    conditions: tuple[str, ...] = CONDITIONS
    simulated: bool = True

    @property
    def claim(self) -> bool:
        """Whether there are enough seeds and scenes for a claim."""
        return enough_for_a_claim(self.seeds, self.scenes)

    def row(self, name: str) -> SuccessRow | None:
        """The row of this name."""
        return next((row for row in self.rows if row.name == name), None)


def enough_for_a_claim(seeds: int, scenes: int) -> bool:
    """Over 40 scenes the standard error of a share is .08: fewer than 5 seeds of 100 scenes prove little."""
    return seeds >= _LEAST_SEEDS and scenes >= _LEAST_SCENES
