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
    "EDITION",
    "BasePoint",
    "CloningSkill",
    "Control",
    "DataBehind",
    "GainGroup",
    "Goal",
    "GroupGains",
    "KeepCurve",
    "LabelsBehind",
    "PerfectJudge",
    "RandomBand",
    "RidgePoint",
    "SourceGain",
    "Standing",
    "SubsetCheck",
    "Target",
    "ValidationReport",
    "Verdict",
]

EDITION = 2
"""Which definition of ΔM this version measures."""
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
    """Of each trunk; empty since the second edition, which gives intervals over videos."""
    supported: bool
    base: Estimate | None = None
    """Skill of the heads on random bases: those that ΔM uses. The lower end of its interval decides."""
    whole: Estimate | None = None
    """Of heads on all candidates."""
    pixels: Estimate | None = None
    """Of such heads that see pixels alone."""
    state: Estimate | None = None
    """Of such heads that see the hands' own state alone."""
    velocity: Estimate | None = None
    """Of damped constant velocity, against standing still."""
    at_rest: Estimate | None = None
    """Of heads on all candidates on rows at rest, against standing still."""


@dataclass(frozen=True, kw_only=True)
class DataBehind:
    """How much footage a measurement had. A row is a tenth of a second of a clip."""

    rows: int
    rows_with_action: int
    """Rows in which a hand is followed for the half second that comes."""
    rows_in_motion: int
    clips: int
    clips_in_motion: int
    """Clips with a row in motion: those that have a gain."""
    videos: int
    videos_in_motion: int
    videos_measuring: int
    """Source videos that measure the loss: their hands are seen surely, and they are of the target."""


@dataclass(frozen=True, kw_only=True)
class RidgePoint:
    """ρ with gains of heads with another ridge."""

    ridge: float
    chosen: bool
    rho: Estimate


@dataclass(frozen=True, kw_only=True)
class PerfectJudge:
    """What a judge who knew a sample video's hidden truth would reach with the same gains."""

    quality: Estimate
    """ρ of the hidden quality, by which simulated annotators answer."""
    useful: Estimate
    """ρ of the hidden usefulness."""
    reached: Estimate
    """The reward's ρ over that of the hidden quality."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which clips measured the loss, where these were not all."""

    name: str
    """The saved view."""
    clips: int


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
    """Clips with a gain."""
    sources: int
    zero_gain_clips: int
    reused: dict[str, int] | None = None
    """How many `trunks` and `trainings` an earlier run had left in the cache."""
    left_out: dict[str, int] | None = None
    """Why clips were left out → how many."""
    own_gains: dict[str, int] | None = None
    edition: int | None = None
    """Which definition of ΔM was measured: the second since version 0.2, None for the first. Their numbers are not
    comparable."""
    rho_between: Estimate | None = None
    """ρ of the mean reward and the mean gain of source videos."""
    rho_within: Estimate | None = None
    """ρ of what sets clips apart from the mean of their video."""
    rho_robot: Estimate | None = None
    """ρ of a robot head that learned from the gains of other videos."""
    ridges: tuple[RidgePoint, ...] | None = None
    """ρ at the ridge that was chosen and at its neighbours."""
    judge: PerfectJudge | None = None
    behind: DataBehind | None = None
    lacking: str | None = None
    """In numbers, what a supported ΔM would take; None where it is supported."""
    target: Target | None = None
    trunk_steps: tuple[int, ...] | None = None
    """After how many steps each trunk stopped."""
    computed_on: dict[str, str] | None = None
    """`networks`, `from scratch` where there were any, and `gains` → the device that computed them; None in older
    reports, which the CPU computed."""

    @property
    def first_edition(self) -> bool:
        """Whether ΔM was measured by the older definition."""
        return (self.edition or 1) < EDITION

    """Validation run → how many of its gains the model's robot head learned from."""
