"""Kinds `download`, `unpack` and `sample`: how files get into the workspace."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.clipping.settings import ClippingSettings
from engine.download.types import Transfer
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

__all__ = [
    "DownloadPayload",
    "DownloadRow",
    "DownloadSettings",
    "SamplePayload",
    "SampleSettings",
    "SampleShape",
    "SampleTruthRow",
    "UnpackPayload",
    "UnpackSettings",
    "UnpackedRow",
]


def _is_none(value: object) -> bool:
    return value is None


class DownloadSettings(StepSettings):
    """Where the videos of a data set go, and how they become clips once they are imported."""

    folder: str
    source: str
    clipping: ClippingSettings


class DownloadPayload(ItemPayload):
    """A file on the web, or videos that the `ego4d` command fetches."""

    transfer: Transfer | None = Field(default=None, exclude_if=_is_none)
    uids: tuple[str, ...] | None = Field(default=None, exclude_if=_is_none)

    @model_validator(mode="after")
    def _one_of_both(self) -> DownloadPayload:
        if (self.transfer is None) == (self.uids is None):
            raise ValueError("give either `transfer` or `uids`")
        return self


@dataclass(frozen=True)
class DownloadRow(Row):
    """A file that came."""

    TABLE = "download"

    item: str
    path: str


class UnpackSettings(StepSettings):
    """The folder that a zip file of a bundle becomes."""

    folder: str


class UnpackPayload(ItemPayload):
    """The zip file of a bundle, and the folder that it becomes."""

    path: str
    folder: str


@dataclass(frozen=True)
class UnpackedRow(Row):
    """A bundle that was unpacked."""

    TABLE = "unpacked"

    item: str
    folder: str


class SampleShape(BaseModel):
    """Options of `engine.sample.script.sample_scripts`; what is not given is as it has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_episodes: int | None = Field(default=None, exclude_if=_is_none)
    episode_s: float | None = Field(default=None, exclude_if=_is_none)
    width: int | None = Field(default=None, exclude_if=_is_none)
    height: int | None = Field(default=None, exclude_if=_is_none)
    fps: int | None = Field(default=None, exclude_if=_is_none)


class SampleSettings(StepSettings):
    """Which set of sample videos is rendered."""

    seed: int
    shape: SampleShape


class SamplePayload(ItemPayload):
    """A video by its place in the set, from 0."""

    index: int


@dataclass(frozen=True, kw_only=True)
class SampleTruthRow(Row):
    """What goes on in an episode of a rendered video, and how good it is."""

    TABLE = "sample_truth"

    video_name: str
    start_s: float
    end_s: float
    kind: str
    """One of `engine.sample.types.KINDS`."""
    quality: float
    useful: float
    task: str | None = None
    """What a purposeful episode does: one of `engine.sample.work.TASKS`."""
