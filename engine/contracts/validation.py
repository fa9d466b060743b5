"""Kinds `validate` and `ablate`: the gain of clips is measured, and a reward is held against it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import JobError
from engine.files.replace_whole import write_whole
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.rows import Row
from engine.runtime.spec import StepSettings
from engine.validation.settings import ValidationSettings

__all__ = [
    "AblateSettings",
    "AblationResultRow",
    "Effort",
    "GainRow",
    "RunInputs",
    "ValidateSettings",
    "ValidationResultRow",
]


Effort = Literal["quick", "thorough"]
"""Which section of validation.yaml says how much a run computes."""


class ValidateSettings(StepSettings):
    """A run: the reward in question, how it is trained, and how gain is measured."""

    run_id: str
    model_id: str | None
    """The reward model that was asked about; None for one as the settings are."""
    validation: ValidationSettings
    effort: Effort
    seed: int
    workers: int
    model: ModelSettings
    training: TrainingSettings
    target: str | None = None
    """The saved view whose clips measure the loss; None for all clips."""
    device: str = Field(default="auto", exclude_if=lambda value: value == "auto")
    """Where it is computed: see `engine.validation.compute.choose_compute`."""


class AblateSettings(ValidateSettings):
    """A run over the gains of an earlier one, without each of some groups of features."""

    groups: tuple[tuple[str, ...], ...]
    """Empty for the usual ones."""
    validation_run_id: str


class RunInputs(BaseModel):
    """What the worker of a run needs besides the tables in its folder of inputs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cache: str
    """The folder where frames and networks are kept for a run that is resumed."""
    labels: dict[str, int]
    """How many labels of each kind stand behind the reward (all of one kind), and in how many `pairs`."""

    def cache_for(self, folder: Path) -> Path:
        """The cache where this machine sees it; on a node of a cluster that does not, one beside the inputs, which goes
        with them."""
        cache = Path(self.cache)
        return cache if cache.is_dir() else folder / "cache"

    def write(self, folder: Path) -> None:
        """Write this into the folder of inputs."""
        write_whole(folder / "run.json", self.model_dump_json())

    @classmethod
    def read(cls, folder: Path) -> RunInputs:
        """Read it back. Raises `JobError` where it is gone."""
        try:
            return cls.model_validate_json((folder / "run.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise JobError(f"the inputs of the run can't be read: {error}", remedy="Resume the job.") from error


@dataclass(frozen=True)
class ValidationResultRow(Row):
    """The report of a validation, as JSON."""

    TABLE = "validation_result"

    item: str
    results: str


@dataclass(frozen=True)
class AblationResultRow(Row):
    """The report of an ablation, as JSON."""

    TABLE = "ablation_result"

    item: str
    results: str


@dataclass(frozen=True)
class GainRow(Row):
    """What a clip adds to what a robot model learns, and the reward that it has from models which saw none of its
    source's labels."""

    TABLE = "clip_gain"

    clip_id: str
    gain: float
    gain_std: float
    reward: float
