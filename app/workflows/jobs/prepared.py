"""What is written down of a job when it is prepared, and read again when its results are taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import JobError
from engine.files.read_json import explain
from engine.files.replace_whole import write_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Prepared", "keep_prepared", "read_prepared"]

FILE = "prepared.json"
"""In the job's folder, beside the inputs. It stays when they go: results may wait there for Resume."""
AGAIN = "The items whose results can't be understood without it will be done again."


class Prepared(BaseModel):
    """What the app must still know of the inputs when the results come. Each kind of job has a model of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


R = TypeVar("R", bound=Prepared)


def keep_prepared(prepared: Prepared, job_folder: Path) -> None:
    """Write it down, in the place of what an earlier run of the job was prepared with. Raises OSError."""
    write_whole(job_folder / FILE, prepared.model_dump_json())


def read_prepared(model: type[R], job_folder: Path) -> R:
    """What the latest run of the job was prepared with. Raises `JobError` where that is not there, or of another
    version."""
    try:
        return model.model_validate_json((job_folder / FILE).read_bytes())
    except OSError as error:
        raise JobError(f"{FILE} of the job can't be read: {error.strerror or error}", remedy=AGAIN) from error
    except ValidationError as error:
        raise JobError(f"{FILE} of the job was made by another version: {explain(error)}", remedy=AGAIN) from error
