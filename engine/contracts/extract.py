"""Kind `extract`: clips are measured by the extractors that want them.

The tables `features_<extractor>`, `embedding` and those of tracks have the columns that extractors declare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_serializer, model_validator

from engine.clipping.settings import ClippingSettings
from engine.contracts.clips import ClipWindow
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

__all__ = [
    "EMBEDDING_TABLE",
    "ClipDamageRow",
    "CutToActivity",
    "ExtractPayload",
    "ExtractSettings",
    "FailureRow",
    "ResourceSettings",
    "features_table",
]

FEATURES_PREFIX = "features_"
EMBEDDING_TABLE = "embedding"


def features_table(extractor: str) -> str:
    """The table of a shard with an extractor's numbers: one row a clip."""
    return f"{FEATURES_PREFIX}{extractor}"


def _is_none(value: object) -> bool:
    return value is None


class ResourceSettings(BaseModel):
    """Where model files lie and what they run on; else as `engine.features.resources.Resources` has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights_folders: tuple[str, ...] = ()
    download: bool | None = Field(default=None, exclude_if=_is_none)
    device: str | None = Field(default=None, exclude_if=_is_none)
    frames_on_device: bool | None = Field(default=None, exclude_if=_is_none)
    threads: int | None = Field(default=None, exclude_if=_is_none)
    streams: int | None = Field(default=None, exclude_if=_is_none)


class CutToActivity(BaseModel):
    """What the app does once all numbers are in: videos are cut to what goes on in them. Nothing to the worker."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    videos: tuple[str, ...]
    clipping: ClippingSettings
    pictures: bool


class ExtractSettings(StepSettings):
    """The extractors with their settings. On disk each extractor's name is a key beside `resources` and `then`."""

    extractors: dict[str, dict[str, JsonValue]]
    """Extractor → its settings; each extractor holds them against its own model when it gets ready."""
    resources: ResourceSettings = ResourceSettings()
    then: CutToActivity | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "extractors" in values:
            return values
        own = {name: values[name] for name in ("resources", "then") if name in values}
        return {**own, "extractors": {name: value for name, value in values.items() if name not in own}}

    @model_serializer
    def _spread(self) -> dict[str, Any]:
        own: dict[str, Any] = {"resources": self.resources.model_dump(mode="json")}
        if self.then is not None:
            own["then"] = self.then.model_dump(mode="json")
        return {**self.extractors, **own}


class ExtractPayload(ItemPayload):
    """Clips of one video, and the extractors that are to measure them all."""

    path: str
    video_id: str
    clips: tuple[ClipWindow, ...]
    extractors: tuple[str, ...]


@dataclass(frozen=True)
class ClipDamageRow(Row):
    """A clip of which a part is damaged."""

    TABLE = "clip_damage"

    clip_id: str


@dataclass(frozen=True, kw_only=True)
class FailureRow(Row):
    """A clip that an extractor could not measure, and why."""

    TABLE = "feature_failure"

    clip_id: str
    extractor: str
    error: str
    item: str = ""
    """Empty in shards that an earlier version left behind."""
