"""Kinds `push`, `publish` and `pull`: what the workers of a sync are asked, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings
from storage.s3.manifests import Kind
from storage.s3.target import Target

__all__ = [
    "BucketSettings",
    "PublishPayload",
    "PublishSettings",
    "PublishedRow",
    "PullPayload",
    "PullSettings",
    "PulledAbout",
    "PulledRow",
    "PushPayload",
    "PushSettings",
    "SentRow",
]


def _is_none(value: object) -> bool:
    return value is None


class BucketSettings(StepSettings):
    """The shared bucket."""

    target: Target


class PushSettings(BucketSettings):
    """How objects are sent, and what is published once they are there."""

    part_bytes: int
    again: bool
    """Whether what is there already is sent again."""
    delete: bool
    """Whether the publication deletes what nobody offers any more."""
    notes: tuple[str, ...]
    """The files that hold the manifests."""


class PushPayload(ItemPayload):
    """A file to send."""

    path: str
    sha256: str
    size_bytes: int


class PublishSettings(BucketSettings):
    """Whether what nobody offers any more is deleted."""

    delete: bool


class PublishPayload(ItemPayload):
    """The file that holds a manifest."""

    note: str


class PullSettings(BucketSettings):
    """Where others' clips and tags of videos that are here are written down, for when the job ends."""

    known: str | None = Field(default=None, exclude_if=_is_none)


class PulledAbout(BaseModel):
    """What the app needs to know of an object once it has come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    about: str
    """What its owner says about it, as JSON (`storage.s3.manifests.About`)."""


class PullPayload(ItemPayload):
    """An object to fetch, and where it goes."""

    path: str
    sha256: str
    size_bytes: int
    row: PulledAbout


@dataclass(frozen=True)
class SentRow(Row):
    """A file that was sent."""

    TABLE = "sent"

    item: str
    bytes: int


@dataclass(frozen=True)
class PublishedRow(Row):
    """A manifest that was published."""

    TABLE = "published"

    item: str
    entries: int


@dataclass(frozen=True, kw_only=True)
class PulledRow(Row):
    """An object that came."""

    TABLE = "pulled"

    item: str
    path: str
    sha256: str
    bytes: int
    kind: Kind
    about: str
