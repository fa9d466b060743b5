"""Plans a push by comparing local files with the bucket's objects: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.files.place import FilePlace
    from storage.s3.manifests import Entry, Kind, SyncManifest
    from storage.s3.target import Target

__all__ = ["Offer", "PushPlan", "objects_to_delete", "plan_push"]


@dataclass(frozen=True)
class Offer:
    """An entry of this workspace's manifest, and its local file."""

    kind: Kind
    entry: Entry
    place: FilePlace


@dataclass(frozen=True)
class PushPlan:
    """A planned push: what to send and what is there already."""

    send: tuple[Offer, ...]
    unchanged: tuple[Offer, ...]
    missing: tuple[Offer, ...]
    """Local files that are missing."""

    @property
    def send_bytes(self) -> int:
        return sum(offer.entry.size_bytes for offer in self.send)


def plan_push(target: Target, offers: Iterable[Offer], there: Mapping[str, int], *, again: bool = False) -> PushPlan:
    """Compare offers with the existing objects (key → size): only new content is sent.

    With `again`, everything is sent, to replace damaged objects.
    """
    send: dict[str, Offer] = {}
    unchanged, missing = [], []
    for offer in offers:
        sha256 = offer.entry.sha256
        if sha256 in send:
            unchanged.append(offer)  # the same content under another name
        elif not again and there.get(target.object_key(sha256)) == offer.entry.size_bytes:
            unchanged.append(offer)
        elif offer.place.is_file():
            send[sha256] = offer
        else:
            missing.append(offer)
    return PushPlan(tuple(send.values()), tuple(unchanged), tuple(missing))


def objects_to_delete(older: Iterable[SyncManifest], now: Iterable[SyncManifest]) -> set[str]:
    """SHA-256 of objects that this workspace's older manifests listed and no manifest lists now."""
    before = {entry.sha256 for manifest in older for entry in manifest.entries}
    return before - {entry.sha256 for manifest in now for entry in manifest.entries}
