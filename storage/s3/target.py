"""The address of a shared bucket, and the keys of objects and manifests in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.errors import SyncError

__all__ = ["SHA256", "Target", "parse_target"]

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Target:
    """A prefix in a bucket, at Amazon or at `endpoint_url`."""

    bucket: str
    prefix: str
    endpoint_url: str | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def key(self, *parts: str) -> str:
        """A key below the prefix."""
        return "/".join([*filter(None, [self.prefix]), *parts])

    def object_key(self, sha256: str) -> str:
        """The key of the object with this content. Raises `SyncError` for an untrusted text that is not a SHA-256."""
        if not SHA256.fullmatch(sha256):
            raise SyncError(
                f"{sha256[:80]!r} is no SHA-256",
                remedy="A manifest in the bucket is damaged; push again from where it came.",
            )
        return self.key("objects", sha256[:2], sha256)

    def manifest_key(self, workspace_id: str, what: str) -> str:
        """The key of a workspace's manifest. Only that workspace writes it."""
        return self.key("manifests", workspace_id, f"{what}.json")


def parse_target(address: str, endpoint_url: str | None = None) -> Target:
    """`s3://bucket/prefix` as a `Target`. Raises `SyncError` for anything else, and for addresses with credentials."""
    split = urlsplit(address.strip())
    prefix = split.path.strip("/")
    if split.scheme != "s3" or not BUCKET.fullmatch(split.netloc) or split.query or split.fragment:
        raise SyncError(
            f"{address!r} is no place in S3",
            remedy="Write s3://bucket/prefix; a bucket's name has 3 to 63 small letters and digits.",
        )
    if {"", ".", ".."} & set(prefix.split("/")) and prefix:
        raise SyncError(f"{address!r}: the prefix has an empty or dotted part", remedy="Write s3://bucket/prefix.")
    endpoint = (endpoint_url or "").strip().rstrip("/")
    if endpoint:
        at = urlsplit(endpoint)
        if at.scheme not in ("http", "https") or not at.hostname or at.username or at.password:
            raise SyncError(
                "the endpoint must be an http or https address without a name and password",
                remedy="Credentials come from the standard AWS places, never from an address.",
            )
    return Target(split.netloc, prefix, endpoint or None)
