"""Payloads of items as JSON that is parsed when somebody asks for it.

A job over a thousand hours is about a million windows, and the process that runs it needs only the items' keys.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from engine.errors import JobError
from engine.files.read_json import explain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

__all__ = ["Place", "WrittenPayload", "damaged", "held_against", "with_windows"]

M = TypeVar("M", bound=BaseModel)
P_co = TypeVar("P_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file a payload stands, in bytes."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class WrittenPayload(Generic[P_co]):
    """A payload as JSON, in a file or at hand, and the model that it is held against when it is read."""

    source: Place | str
    model: type[BaseModel] | None = None
    about: str = ""
    """The job and the item, for an error."""

    def text(self) -> str:
        """The JSON. Raises `JobError` where its file is gone."""
        if isinstance(self.source, str):
            return self.source
        try:
            with self.source.path.open("rb") as file:
                file.seek(self.source.start)
                return file.read(self.source.length).decode()
        except (OSError, ValueError) as error:
            raise damaged(self.source.path, error) from error

    def load(self) -> P_co:
        """The payload. Raises `JobError` that names the job, the item and the field which does not fit."""
        try:
            values: Any = json.loads(self.text())
        except (ValueError, RecursionError) as error:
            raise JobError(f"{self.about or 'an item'}: its payload can't be read: {error}", remedy=AGAIN) from error
        return values if self.model is None else held_against(self.model, values, self.about)  # type: ignore[return-value]

    def held_as(self, model: type[BaseModel], about: str) -> WrittenPayload[Any]:
        """The same, to be held against another model."""
        return replace(self, model=model, about=about)


def with_windows(model: type[M], windows: str, **values: JsonValue) -> WrittenPayload[M]:
    """A payload with these values and the windows of its clips, which are JSON already."""
    own = "".join(f"{json.dumps(name)}: {json.dumps(value)}, " for name, value in values.items())
    return WrittenPayload(f'{{{own}"clips": {windows}}}', model)


AGAIN = "Start the job again from its page."


def damaged(path: Path, error: Exception) -> JobError:
    """What a specification that can't be read is reported as."""
    return JobError(f"{path.name} in {path.parent.name!r} can't be read as a job specification: {error}", remedy=AGAIN)


def held_against(model: type[M], values: Mapping[str, JsonValue], about: str) -> M:
    """The values as a model. Raises `JobError` that names the field which does not fit."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        remedy = f"Another version of Handpicked may have written it. {AGAIN}"
        raise JobError(f"{about}: {explain(error)}", remedy=remedy) from error
