"""Manifests of what each workspace shares: one for each workspace and kind, so that no push overwrites another's."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import FormatError, SyncError
from engine.files.lenient import valid_entries
from engine.files.names import Finite, Name, Sha256, Text
from engine.files.problems import shortened_sentences
from engine.files.read_json import explain, parse_json, too_large
from engine.video.windows import Window
from storage.s3.client import in_words, list_objects
from storage.s3.transfer import md5_base64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.s3.target import Target

__all__ = [
    "KINDS",
    "About",
    "Entry",
    "Kind",
    "OfferedClip",
    "SyncManifest",
    "parse_manifest",
    "publish",
    "read_manifests",
]

Kind = Literal["videos", "clips", "labels"]
KINDS: tuple[Kind, ...] = ("videos", "clips", "labels")
FOLDER = "manifests"
MAX_MANIFEST_BYTES = 64 << 20
MAX_MANIFESTS = 2000
MAX_TOGETHER_BYTES = 512 << 20
"""The most bytes of all manifests of a bucket: others decide how many there are."""


class OfferedClip(BaseModel):
    """A clip of a shared video, with its narration and tags."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_s: Finite
    end_s: Finite
    origin: str = Field(pattern=r"^[a-z_]{1,40}$")
    narration: Text | None = None
    verb: Text | None = None
    noun: Text | None = None
    tags: list[Text] = Field(default=[], max_length=200)

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        Window(self.start_s, self.end_s)
        return self


class About(BaseModel):
    """An entry's data beside its content; each kind uses its own fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    video_id: Text | None = None
    source: Text = "folder"
    group: Text = ""
    """What the videos of one recording, scene or worker share; empty for a video by itself."""
    clips: list[OfferedClip] = []
    export_id: Name | Literal[""] = ""
    entries: int = Field(default=0, ge=0, lt=2**53)
    simulated: int = Field(default=0, ge=0, lt=2**53)
    model: int = Field(default=0, ge=0, lt=2**53)
    """For labels: how many entries are a model's judgement; `simulated` likewise."""
    videos: dict[Text, Sha256] = {}
    """For labels: video_id → SHA-256 of the videos that they are about."""


class Entry(BaseModel):
    """One shared object."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: Sha256
    size_bytes: int = Field(ge=0, lt=2**50)
    name: Text
    """A video's file name; a file's path in its export; `labels.jsonl`."""
    about: About = About()

    @property
    def place(self) -> tuple[str, str]:
        """The entry's identity: a newer entry of the same place replaces it."""
        return ("video", self.sha256) if self.about.video_id else (self.about.export_id, self.name)


class SyncManifest(BaseModel):
    """The objects of one kind that one workspace shares."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["handpicked-sync"] = "handpicked-sync"
    version: Literal[1] = 1
    workspace_id: Name
    kind: Kind
    created_at: Text
    app_version: Text
    entries: tuple[Entry, ...]

    def with_older(self, older: SyncManifest | None) -> SyncManifest:
        """This manifest with the further entries of an older one of this workspace: nothing is dropped implicitly."""
        if older is None:
            return self
        places = {entry.place for entry in self.entries}
        known = max((entry.about.entries for entry in self.entries), default=0)
        digests = {entry.sha256 for entry in self.entries}
        kept = tuple(
            entry
            for entry in older.entries
            # A larger file of labels contains every smaller one, unless this workspace was restored from a backup.
            if (
                entry.about.entries >= known and entry.sha256 not in digests
                if self.kind == "labels"
                else entry.place not in places
            )
        )
        return self.model_copy(update={"entries": (*self.entries, *kept)})


def read_manifests(client: Any, target: Target, kinds: Iterable[Kind]) -> tuple[list[SyncManifest], list[str]]:
    """All workspaces' manifests of these kinds, and sentences on what can't be read: a bad manifest, entry or clip is
    left out alone. Raises `SyncError` for a bucket with too many manifests."""
    wanted = {f"{kind}.json" for kind in kinds}
    there = list_objects(client, target, FOLDER)
    listed = {key: size for key, size in there.items() if key.rpartition("/")[2] in wanted}
    if len(listed) > MAX_MANIFESTS or sum(listed.values()) > MAX_TOGETHER_BYTES:
        raise SyncError(
            f"{target} has {len(listed):,} manifests of {sum(listed.values()) / 1e6:,.0f} MB: too many to be true",
            remedy="Ask the bucket's owner what is in its folder `manifests`.",
        )
    found, problems = [], []
    for key in sorted(listed):
        workspace_id, _, file = key.removeprefix(target.key(FOLDER, "")).partition("/")
        try:
            manifest, odd = parse_manifest(fetch_within(client, target, key, MAX_MANIFEST_BYTES))
        except FormatError as error:
            problems.append(f"The manifest {key} can't be understood ({error}): it is left out.")
            continue
        if (manifest.workspace_id, f"{manifest.kind}.json") == (workspace_id, file):
            found.append(manifest)
            problems += [f"{key}: {problem}" for problem in odd]
        else:
            problems.append(f"The manifest {key} is another's: it is left out.")
    return found, problems


def fetch_within(client: Any, target: Target, key: str, max_bytes: int) -> bytes:
    """An object's content, reading at most `max_bytes`. Raises `FormatError` for a larger one."""
    with in_words(target):
        body = client.get_object(Bucket=target.bucket, Key=key)["Body"]
        with contextlib.closing(body):
            content: bytes = body.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise FormatError(too_large(max_bytes))
    return content


def parse_manifest(content: bytes) -> tuple[SyncManifest, tuple[str, ...]]:
    """A manifest, and sentences on its entries and clips that are not valid and left out. Raises `FormatError`."""
    raw = parse_json(content)
    if not isinstance(raw, dict):
        raise FormatError("it is no manifest")
    problems: list[str] = []
    for entry in raw["entries"] if isinstance(raw.get("entries"), list) else []:
        about = entry.get("about") if isinstance(entry, dict) else None
        if isinstance(about, dict) and "clips" in about:
            about["clips"], odd = valid_entries(about["clips"], OfferedClip, "Clip")
            problems += odd
    entries, odd = valid_entries(raw.get("entries"), Entry, "Entry")
    try:
        return SyncManifest.model_validate({**raw, "entries": entries}), shortened_sentences([*odd, *problems])
    except ValidationError as error:
        raise FormatError(explain(error)) from error


def publish(client: Any, target: Target, manifest: SyncManifest) -> None:
    """Write a manifest atomically and read it back. Raises `SyncError` where it did not arrive."""
    body = manifest.model_dump_json().encode()
    if len(body) > MAX_MANIFEST_BYTES:
        raise SyncError(
            f"the manifest of {manifest.kind} has {len(body) / 1e6:,.0f} MB, more than others read",
            remedy="Share fewer clips: push from a workspace with a part of them.",
        )
    where = {"Bucket": target.bucket, "Key": target.manifest_key(manifest.workspace_id, manifest.kind)}
    with in_words(target):
        client.put_object(**where, Body=body, ContentMD5=md5_base64(body), ContentType="application/json")
    try:
        arrived = fetch_within(client, target, where["Key"], len(body)) == body
    except FormatError:
        arrived = False
    if not arrived:
        raise SyncError(
            f"{target}: another process wrote this workspace's manifest at the same time", remedy="Push again."
        )
