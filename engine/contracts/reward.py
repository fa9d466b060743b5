"""Kinds `train` and `score`: a reward is fitted to labels, and clips are scored with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from engine.preference.kinds import LabelKind  # read at run time by the model
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

__all__ = [
    "CLIPS_FILE",
    "CURVE_FILE",
    "EXTRA_FILE",
    "PAIRS_FILE",
    "CurvePoint",
    "RewardModelRow",
    "ScorePayload",
    "ScoreRow",
    "TrainPayload",
    "TrainSettings",
    "UnscoredRow",
]

CLIPS_FILE, PAIRS_FILE, EXTRA_FILE = "clips.parquet", "pairs.parquet", "extra.parquet"
"""In the folder of inputs: clips with features, answered pairs, and what else is known of the clips (`composite`,
`quality`, `gain`)."""
CURVE_FILE = "curve.jsonl"
"""In the folder of inputs, written by the worker: one `CurvePoint` a line, for whoever watches."""


class TrainSettings(StepSettings):
    """What a reward is made of and how it is trained."""

    model: ModelSettings
    training: TrainingSettings
    threads: int = 1
    labels: LabelKind | None = None
    """The kind of labels to learn from; None in jobs of earlier versions, which learn from what there is by then."""


class TrainPayload(ItemPayload):
    """The reward to be trained."""

    model_id: str
    name: str
    seed: int


@dataclass(frozen=True)
class CurvePoint:
    """The losses of a training after an epoch."""

    epoch: int
    train: float
    held_out: float

    def to_line(self) -> str:
        """A line of the curve's file."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> CurvePoint | None:
        """The point that a line holds; None for one that is still being written."""
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, kw_only=True)
class RewardModelRow(Row):
    """A reward that was trained; its checkpoint and logs are files of the shard."""

    TABLE = "reward_model"

    model_id: str
    name: str
    seed: int
    settings: str
    """JSON: `model` and `training`."""
    metrics: str
    """JSON: the report."""


class ScorePayload(ItemPayload):
    """The reward that scores, and the folder of its checkpoint."""

    model_id: str
    folder: str


@dataclass(frozen=True, kw_only=True)
class ScoreRow(Row):
    """A clip's reward."""

    TABLE = "reward_score"

    model_id: str
    clip_id: str
    reward: float
    reward_std: float
    robot_reward: float | None
    robot_reward_std: float | None


@dataclass(frozen=True)
class UnscoredRow(Row):
    """A clip that a reward can't score, and why."""

    TABLE = "reward_unscored"

    model_id: str
    clip_id: str
    reason: str
