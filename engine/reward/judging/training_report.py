"""The report of a training as it is stored, exported and shown: how good a reward is on videos that it never saw.

`report.py` makes it. Numbers that could not be computed are None.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Self

from engine.errors import FormatError
from engine.files.stored_json import NULL, StoredJson, plain_values, read_values
from engine.files.values import BadValueError
from engine.preference.kinds import LabelKind, as_simulated, stated_kind
from engine.statistics.interval import Estimate  # noqa: TC001  # read at run time, like all types of fields here
from engine.statistics.pair_metrics import ReliabilityBin  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MEASURES",
    "REPORT_VERSION",
    "Ceiling",
    "HeldOutJudgement",
    "Importance",
    "Judge",
    "LearningCurve",
    "LearningPoint",
    "LossCurve",
    "Mistake",
    "RobotHead",
    "TrainingReport",
    "VerdictNote",
    "VideoRanking",
]

REPORT_VERSION = 3
"""2: Spearman's ρ of gains gives tied values their mean rank; Kendall's τ compares only clips that answers connect.
3: the files of one recording or group are one source of splits, not each its own."""

MEASURES = ("accuracy", "auc", "log_loss", "calibration_error", "kendall")
"""The measures of a judge, in the order in which they are shown."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """The ensemble, or something simpler that is held against it, with its measures on held-out labels."""

    key: str
    title: str
    kind: str
    """`ensemble`, `baseline` or `feature`."""
    accuracy: Estimate
    auc: Estimate
    log_loss: Estimate
    calibration_error: Estimate
    kendall: Estimate
    reliability: tuple[ReliabilityBin, ...] | None = None
    """The reliability diagram, of the judges that have one."""

    def measure(self, name: str) -> Estimate:
        """A measure by its name, one of `MEASURES`."""
        found: Estimate = getattr(self, name)
        return found


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """The accuracy of a perfect reward, from repeated pairs or from the hidden quality of rendered clips."""

    kind: Literal["repeats", "truth"]
    agreement: float | None = None
    """How often annotators agreed with themselves; of `repeats` only."""
    pairs: int | None = None
    """How many repeated pairs tell; of `repeats` only."""
    accuracy: Estimate


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A held-out label to which the ensemble gave little chance."""

    left: str
    right: str
    answer: str
    annotator: str
    probability: float | None


@dataclass(frozen=True, kw_only=True)
class LossCurve:
    """The losses of training and held-out labels at the epochs at which they were computed."""

    epochs: tuple[int, ...]
    train: tuple[float | None, ...]
    held_out: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class RobotHead:
    """How well the robot head predicts measured gains of held-out videos."""

    gains: int
    spearman: Estimate
    mean_absolute_error: Estimate
    spread: float
    """Standard deviation of the measured gains."""


@dataclass(frozen=True)
class VideoRanking:
    """How far the ensemble's held-out ranking agrees with strengths from labels alone: Kendall's τ, taken apart."""

    between: Estimate
    """Of the mean rewards of two videos."""
    within: Estimate
    """Of two clips of one video."""


@dataclass(frozen=True, kw_only=True)
class LearningPoint:
    """How good a reward is that learned from so many labels."""

    labels: int
    accuracy: Estimate
    log_loss: Estimate


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Accuracy by the number of labels, and what more of them may bring."""

    points: tuple[LearningPoint, ...]
    more: int
    gain: float | None
    """How much the accuracy may rise with `more` labels; None where no rise shows."""


@dataclass(frozen=True, kw_only=True)
class Importance:
    """How much of the rewards' variance is lost when a group of features is shuffled among the clips."""

    group: str
    importance: float | None
    spread: float | None


@dataclass(frozen=True, kw_only=True)
class VerdictNote:
    """A sentence on what the numbers come to."""

    tone: Literal["good", "plain", "bad"]
    text: str


@dataclass(frozen=True, kw_only=True)
class HeldOutJudgement:
    """What held-out labels say of the ensemble and its baselines; in the JSON it stands among the report's fields."""

    held_out_labels: int = 0
    judges: tuple[Judge, ...]
    ceiling: Ceiling | None = field(default=None, metadata=NULL)
    mistakes: tuple[Mistake, ...] | None = None
    """None in a report from another workspace: it would speak of clips that may not be here."""
    curve: LossCurve
    robot: RobotHead | None = field(default=None, metadata=NULL)
    ranking: VideoRanking | None = None
    """None in reports of older versions."""


@dataclass(frozen=True, kw_only=True)
class TrainingReport(StoredJson):
    """All that is known of how good a trained reward is, and what it learned from."""

    kind: LabelKind = "people"
    """Who gave the labels."""
    annotators: tuple[str, ...] | None = None
    skipped: int | None = None
    ties: int | None = None
    gain_sources: dict[str, int] | None = None
    """Where measured gains came from → how many; None in a report from another workspace."""
    feature_versions: dict[str, int] | None = None
    """Extractor → the version of the numbers that were learned from; None in reports that do not say."""
    report_version: int = 1
    labels: int
    clips: int
    sources: int
    gains: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """Why labels were left out → how many."""
    pieces: tuple[int, ...] | None = None
    """Clips of each connected piece of the answers, the largest first."""
    judged: HeldOutJudgement | None = None
    """None where no video could be held out."""
    verdict: tuple[VerdictNote, ...] = ()
    learning_curve: LearningCurve | None = None
    epochs: int
    importance: tuple[Importance, ...] = ()
    """The most important group first."""
    seconds: float = 0.0
    """How long the training took."""
    fingerprint: str | None = None
    """Of the clips and labels that went in."""
    imported: bool | None = None
    """Whether the report came from another workspace."""

    @property
    def judges(self) -> tuple[Judge, ...]:
        """The judges; none where no video could be held out."""
        return self.judged.judges if self.judged is not None else ()

    @property
    def held_out_labels(self) -> int:
        """How many labels were held out in turn."""
        return self.judged.held_out_labels if self.judged is not None else 0

    def to_json(self) -> dict[str, Any]:
        """The JSON object, what held-out labels say among the rest, and the kind as earlier versions read it."""
        values: dict[str, Any] = {"simulated": as_simulated(self.kind)}
        for name, value in plain_values(self).items():
            values |= value if name == "judged" else {name: value}
        return values

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Read it back; what older versions did not write yet may be absent. Raises `FormatError`."""
        if isinstance(values, dict):
            values = {**values, "kind": _kind_of(values)}
            if "judges" in values:
                values["judged"] = {name: values[name] for name in _JUDGED if name in values}
        return read_values(cls, values)


def _kind_of(values: Mapping[str, Any]) -> LabelKind:
    """Who gave the labels, as any version states it. Raises `FormatError`."""
    try:
        return stated_kind(values) or "people"
    except BadValueError as error:
        raise FormatError(str(error)) from error


_JUDGED = tuple(entry.name for entry in fields(HeldOutJudgement))
