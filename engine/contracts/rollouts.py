"""Kind `rollouts`: success is counted in sample scenes, by policies trained on clips that a validation measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contracts.validation import Effort  # Pydantic reads it at run time
from engine.errors import JobError
from engine.files.replace_whole import write_whole
from engine.runtime.rows import Row
from engine.runtime.spec import StepSettings
from engine.validation.settings import ValidationSettings  # likewise

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RolloutInputs", "RolloutsSettings", "SuccessResultRow"]


class RolloutsSettings(StepSettings):
    """A count of success: whose gains and rewards clips are chosen by, and how much is tried."""

    run_id: str
    validation_run_id: str
    validation: ValidationSettings
    effort: Effort
    seed: int
    workers: int


class RolloutInputs(BaseModel):
    """What the worker needs besides the tables in its folder of inputs: `scores` by clip."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cache: str
    """The folder where frames and outcomes are kept for a run that is resumed."""
    best_feature: str | None
    """The single feature that goes best with gain; its column is turned so that more is better."""
    reward: dict[str, float]
    """Clip → reward by models that saw no label of its video."""
    feature: dict[str, float]
    quality: dict[str, float]
    """Clip → what only the renderer knows of it."""

    def write(self, folder: Path) -> None:
        """Write this into the folder of inputs."""
        write_whole(folder / "rollouts.json", self.model_dump_json())

    @classmethod
    def read(cls, folder: Path) -> RolloutInputs:
        """Read it back. Raises `JobError` where it is gone."""
        try:
            return cls.model_validate_json((folder / "rollouts.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise JobError(f"the inputs of the run can't be read: {error}", remedy="Resume the job.") from error


@dataclass(frozen=True)
class SuccessResultRow(Row):
    """The report of a count of success, as JSON."""

    TABLE = "success_result"

    item: str
    results: str
