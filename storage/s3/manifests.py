"""Who offers what: one manifest a workspace and kind of thing. Nobody writes over another's, so no push is lost."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from engine.errors import SyncError
from storage.s3.client import in_words, list_objects
from storage.s3.target import SHA256
from storage.s3.transfer import md5_base64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.s3.target import Target

__all__ = ["KINDS", "About", "Entry", "Kind", "OfferedClip", "SyncManifest", "publish", "read_manifests"]

Kind = Literal["videos", "clips", "labels"]
KINDS: tuple[Kind, ...] = ("videos", "clips", "labels")
FOLDER = "manifests"


class OfferedClip(BaseModel):
    """A window of an offered video, and what is known of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_s: float = Field(ge=0, allow_inf_nan=False)
    end_s: float = Field(gt=0, allow_inf_nan=False)
    origin: str = Field(max_length=40)
    narration: str | None = None
    verb: str | None = None
    noun: str | None = None
    tags: list[str] = []

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end_s <= self.start_s:
            raise ValueError("a clip must end after it starts")
        return self


class About(BaseModel):
    """What an entry says beside its content; each kind its own part."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    video_id: str | None = None
    source: str = "folder"
    clips: list[OfferedClip] = []
    export_id: str = ""
    entries: int = 0
    simulated: int = 0
    videos: dict[str, str] = {}
    """Of labels: video_id → SHA-256 of the videos that they speak of."""

    @field_validator("videos")
    @classmethod
    def _digests(cls, videos: dict[str, str]) -> dict[str, str]:
        if not all(map(SHA256.fullmatch, videos.values())):
            raise ValueError("a video's SHA-256 is none")
        return videos


class Entry(BaseModel):
    """One object on offer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: str = Field(pattern=SHA256.pattern)
    size_bytes: int = Field(ge=0)
    name: str
    """A video's file name; a file's path in its export; `labels.jsonl`."""
    about: About = About()

    @property
    def place(self) -> tuple[str, str]:
        """What the entry stands for: a newer one of the same place replaces it."""
        return ("video", self.sha256) if self.about.video_id else (self.about.export_id, self.name)


class SyncManifest(BaseModel):
    """What one workspace offers of one kind."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["handpicked-sync"] = "handpicked-sync"
    version: Literal[1] = 1
    workspace_id: str
    kind: Kind
    created_at: str
    app_version: str
    entries: tuple[Entry, ...]

    def with_older(self, older: SyncManifest | None) -> SyncManifest:
        """This manifest, and what an older one of the same workspace offers beside it: nothing goes by itself."""
        if older is None:
            return self
        places = {entry.place for entry in self.entries}
        known = max((entry.about.entries for entry in self.entries), default=0)
        digests = {entry.sha256 for entry in self.entries}
        kept = tuple(
            entry
            for entry in older.entries
            # A file of labels holds all that a smaller one does, unless this workspace was set back to a backup.
            if (
                entry.about.entries >= known and entry.sha256 not in digests
                if self.kind == "labels"
                else entry.place not in places
            )
        )
        return self.model_copy(update={"entries": (*self.entries, *kept)})


def read_manifests(client: Any, target: Target, kinds: Iterable[Kind]) -> tuple[list[SyncManifest], list[str]]:
    """All workspaces' manifests of these kinds, and what is to be said of those that can't be read."""
    wanted = tuple(kinds)
    found, problems = [], []
    for key in sorted(list_objects(client, target, FOLDER)):
        workspace_id, _, file = key.removeprefix(target.key(FOLDER, "")).partition("/")
        if file.removesuffix(".json") not in wanted:
            continue
        with in_words(target):
            body = client.get_object(Bucket=target.bucket, Key=key)["Body"].read()
        try:
            manifest = SyncManifest.model_validate_json(body)
        except ValidationError as error:
            problems.append(f"The manifest {key} can't be understood ({error.errors()[0]['msg']}): it is left out.")
            continue
        if (manifest.workspace_id, f"{manifest.kind}.json") == (workspace_id, file):
            found.append(manifest)
        else:
            problems.append(f"The manifest {key} is another's: it is left out.")
    return found, problems


def publish(client: Any, target: Target, manifest: SyncManifest) -> None:
    """Put a manifest in its place, at once and whole, and read it back. Raises `SyncError` where it did not arrive."""
    body = manifest.model_dump_json().encode()
    where = {"Bucket": target.bucket, "Key": target.manifest_key(manifest.workspace_id, manifest.kind)}
    with in_words(target):
        client.put_object(**where, Body=body, ContentMD5=md5_base64(body), ContentType="application/json")
        back = client.get_object(**where)["Body"].read()
    if hashlib.sha256(back).digest() != hashlib.sha256(body).digest():
        msg = f"{target}: another process wrote this workspace's manifest at the same time"
        raise SyncError(msg, remedy="Push again.")
