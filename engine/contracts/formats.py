"""Kinds `export_parts` and `export_set`: what each clip contributes to a data set in some format, and its assembly."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue  # read at run time by the models

from engine.export.formats.base import ClipToExport  # read at run time by the models
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

__all__ = [
    "AssembleSettings",
    "PartPayload",
    "PartRow",
    "PartsSettings",
    "SetRow",
]


class PartsSettings(StepSettings):
    """The format of an export, and its options with all that depends on the selection filled in."""

    export_id: str
    format: str
    options: dict[str, JsonValue]
    target: str
    """The folder of the data set, which does not exist yet."""


class PartPayload(ItemPayload):
    """A clip of an export."""

    clip: ClipToExport


@dataclass(frozen=True, kw_only=True)
class PartRow(Row):
    """What one clip contributes: the folder of its files, below the shard's files."""

    TABLE = "part"

    folder: str


class AssembleSettings(PartsSettings):
    """Where an export is put together, and from what."""

    hidden: str
    """A folder of the same file system: the data set until it is whole."""
    parts: str
    """The folder with what the clips contribute."""
    parts_job: int | None
    """The job that made the parts; None for a format without."""


@dataclass(frozen=True, kw_only=True)
class SetRow(Row):
    """A data set that lies whole in its hidden folder."""

    TABLE = "data_set"

    clips: int
    size_bytes: int
    inode: int
    """Of the folder: a rename keeps it."""
