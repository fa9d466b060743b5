"""The report of a validation as it is stored and shown: ρ of reward and gain, and everything that questions it.

`report.py` makes it. Numbers that could not be computed are None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from engine.files.stored_json import NULL, StoredJson
from engine.preference.kinds import LABEL_KINDS, LabelKind
from engine.statistics.interval import Estimate  # noqa: TC001  # read at run time, like all types of fields here

__all__ = [
    "BasePoint",
    "CloningSkill",
    "Control",
    "GainGroup",
    "Goal",
    "GroupGains",
    "KeepCurve",
    "LabelsBehind",
    "RandomBand",
    "SourceGain",
    "Standing",
    "SubsetCheck",
    "ValidationReport",
    "Verdict",
]

Standing = Literal["met", "not met", "undecided", "unsupported"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the bar of ρ is met, and what a single feature does as well."""

    standing: Standing
    sentence: str
    caveat: str


@dataclass(frozen=True, kw_only=True)
class CloningSkill:
    """Loss of the behaviour-cloning model on the validation sources, beside the two baselines that it must beat."""

    model: float | None
    zero_motion: float | None
    constant_velocity: float | None
    share: float | None
    """By how much the model is under the better baseline: 0.1 is a tenth less loss."""
    least: float
    """The least share with which gains are supported."""
    by_seed: tuple[float | None, ...]
    supported: bool


@dataclass(frozen=True, kw_only=True)
class Control:
    """A rival of the reward. `rho` is |ρ| of the rival with gain: a feature may be good low or high."""

    name: str
    kind: str
    """`control`, `composite`, `feature` or `random`."""
    rho: Estimate
    sign: int
    """−1 for a feature that is good low."""
    behind: Estimate
    """The reward's ρ minus the rival's, paired: above 0 throughout, the reward is better."""


@dataclass(frozen=True, kw_only=True)
class BasePoint:
    """ρ with gains at another base size, with its 95 % interval."""

    share: float
    """The size of the base, as a share of the candidates."""
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class RandomBand:
    """The losses after training on random clips, share by share: mean, and 90 % of the draws."""

    mean: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class KeepCurve:
    """The loss after training on the best share of clips by each score."""

    shares: tuple[float, ...]
    curves: dict[str, tuple[float | None, ...]]
    random: RandomBand
    all: float | None
    """The loss after training on all clips."""


@dataclass(frozen=True, kw_only=True)
class GainGroup:
    """Clips of about equal reward, and what adding them all gains."""

    reward: float | None
    gain: float | None


@dataclass(frozen=True, kw_only=True)
class SourceGain:
    """A source video's clips, and what adding them all gains."""

    video_id: str
    clips: int
    reward: float | None
    gain: float | None


@dataclass(frozen=True, kw_only=True)
class GroupGains:
    """Gains of whole groups of clips, and their ρ with the groups' rewards."""

    bins: tuple[GainGroup, ...]
    bins_rho: float | None
    sources: tuple[SourceGain, ...]
    sources_rho: float | None


@dataclass(frozen=True, kw_only=True)
class SubsetCheck:
    """The linear datamodelling score: summed gains against networks trained from scratch on random subsets."""

    rho: Estimate
    foretold: tuple[float | None, ...]
    """Sum of the gains in each subset."""
    loss: tuple[float | None, ...]
    """Loss after training on the subset."""
    subsets: int
    twice: int = 0
    """How many subsets were trained on twice."""
    ceiling: float | None = field(default=None, metadata=NULL)
    """The highest ρ that one training could show."""
    share: float | None = field(default=None, metadata=NULL)
    """By how much the mean loss is under the better baseline."""
    learned: bool = True
    """Whether these networks learned enough to tell anything."""

    @property
    def trusted_rho(self) -> Estimate | None:
        """ρ where the networks learned enough for it to mean something."""
        return self.rho if self.learned else None


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What was found of a goal, and whether it is met; None where that can't be told."""

    value: float | None
    met: bool | None


@dataclass(frozen=True, kw_only=True)
class LabelsBehind:
    """How many labels of each kind stand behind the reward: all of one kind."""

    people: int
    simulated: int
    model: int | None = None
    """None in reports of versions that knew no such kind."""
    pairs: int | None = None

    @property
    def kind(self) -> LabelKind | None:
        """The kind of the labels; None where there were none."""
        return next((kind for kind in LABEL_KINDS if self.of(kind)), None)

    def of(self, kind: LabelKind) -> int:
        """How many are of one kind."""
        return {"people": self.people, "simulated": self.simulated, "model": self.model or 0}[kind]


@dataclass(frozen=True, kw_only=True)
class ValidationReport(StoredJson):
    """All that one validation found."""

    supported: bool
    """Whether the data supports a gain at all."""
    verdict: Verdict
    rho: Estimate
    """ρ with gain of rewards that saw no label of a clip's source."""
    rho_stored: Estimate | None
    """ρ of the model's own scores."""
    p_across: float | None
    p_within: float | None
    partial: Estimate | None
    """ρ once `partial_given` is accounted for."""
    partial_given: tuple[str, ...] | None = None
    """None in older reports, which mean clip length and hands in view."""
    reliability_gain: float | None
    reliability_reward: float | None
    ceiling: float | None
    skill: CloningSkill
    controls: tuple[Control, ...]
    """The best first."""
    base_curve: tuple[BasePoint, ...]
    keep: KeepCurve
    groups: GroupGains
    lds: SubsetCheck | None
    goals: dict[str, Goal]
    labels: LabelsBehind
    clips: int
    sources: int
    zero_gain_clips: int
    reused: dict[str, int] | None = None
    """How many `trunks` and `trainings` an earlier run had left in the cache."""
    left_out: dict[str, int] | None = None
    """Why clips were left out → how many."""
    own_gains: dict[str, int] | None = None
    """Validation run → how many of its gains the model's robot head learned from."""
