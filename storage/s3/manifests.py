"""Who offers what: one manifest a workspace and kind of thing. Nobody writes over another's, so no push is lost."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import SyncError
from storage.s3.client import in_words, list_objects
from storage.s3.target import SHA256
from storage.s3.transfer import md5_base64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.s3.target import Target

__all__ = ["KINDS", "Entry", "Kind", "SyncManifest", "publish", "read_manifests"]

Kind = Literal["videos", "clips", "labels"]
KINDS: tuple[Kind, ...] = ("videos", "clips", "labels")
FOLDER = "manifests"


class Entry(BaseModel):
    """One object on offer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: str = Field(pattern=SHA256.pattern)
    size_bytes: int = Field(ge=0)
    name: str
    """A video's file name; a file's path in its export; `labels.jsonl`."""
    about: dict[str, Any] = {}
    """Videos: `video_id`, `source`, `clips`. Clips: `export_id`. Labels: `entries`, `videos` (id → SHA-256)."""

    @property
    def place(self) -> tuple[str, str]:
        """What the entry stands for: a newer one of the same place replaces it."""
        if "video_id" in self.about:
            return "video", self.sha256
        return str(self.about.get("export_id", "")), self.name


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
        if older is None or self.kind == "labels":  # the newest file of labels holds all that older ones do
            return self
        places = {entry.place for entry in self.entries}
        kept = tuple(entry for entry in older.entries if entry.place not in places)
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
