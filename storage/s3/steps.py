"""Job steps of a sync, run in workers: push an object, publish a manifest, pull an object. No database access."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.errors import SyncError
from engine.runtime.spec import ItemPayload
from engine.runtime.step import SkipItem, Step
from storage.s3.client import check_access, connect, in_words, list_objects
from storage.s3.contract import (
    BucketSettings,
    PublishedRow,
    PublishPayload,
    PublishSettings,
    PulledRow,
    PullPayload,
    PullSettings,
    PushPayload,
    PushSettings,
    SentRow,
)
from storage.s3.manifests import KINDS, SyncManifest, publish, read_manifests
from storage.s3.plan import objects_to_delete
from storage.s3.transfer import Blob, download, upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["Publish", "Pull", "Push"]


S = TypeVar("S", bound=BucketSettings)
P = TypeVar("P", bound=ItemPayload)


class _Connected(Step[S, P]):
    """What all have in common: a bucket that answers."""

    def prepare(self) -> None:
        """Connect, and check access before the first item."""
        self.target = self.settings.target
        self.client = connect(self.target)
        check_access(self.client, self.target)


class Push(_Connected[PushSettings, PushPayload]):
    """Sends one file an item."""

    def process(self, item: Item[PushPayload], context: StepContext) -> None:
        """Send one file and make one row. Skips what is there already."""
        blob = Blob(item.payload.sha256, item.payload.size_bytes)
        sent = upload(
            self.client,
            self.target,
            blob,
            item.payload.path,
            part_bytes=self.settings.part_bytes,
            again=self.settings.again,
            progress=meter(context, blob.size_bytes),
        )
        if not sent and blob.size_bytes:
            raise SkipItem("its content is there already")
        context.output.add(SentRow, [SentRow(item.key, sent)])


class Pull(_Connected[PullSettings, PullPayload]):
    """Fetches one object an item."""

    def process(self, item: Item[PullPayload], context: StepContext) -> None:
        """Fetch one file to its place and make its row."""
        blob = Blob(item.payload.sha256, item.payload.size_bytes)
        progress = meter(context, blob.size_bytes)
        path = Path(item.payload.path)
        try:
            received = download(self.client, self.target, blob, path, progress=progress)
        except OSError as error:
            raise SyncError(
                f"{path} can't be written: {error.strerror or error}", remedy="Free some space, then resume the job."
            ) from error
        row = PulledRow(
            item=item.key,
            path=item.payload.path,
            sha256=blob.sha256,
            bytes=received,
            kind=item.payload.row.kind,
            about=item.payload.row.about,
        )
        context.output.add(PulledRow, [row])


class Publish(_Connected[PublishSettings, PublishPayload]):
    """Publishes one manifest an item."""

    def process(self, item: Item[PublishPayload], context: StepContext) -> None:
        """Publish the manifest with the objects that exist; then delete objects that nobody shares, if requested.

        Raises `SyncError` where objects are missing; the rest is published all the same.
        """
        manifest = SyncManifest.model_validate_json(Path(item.payload.note).read_bytes())
        there = list_objects(self.client, self.target, "objects")
        arrived = [e for e in manifest.entries if there.get(self.target.object_key(e.sha256)) == e.size_bytes]
        lacking = [entry.name for entry in manifest.entries if entry not in arrived]
        whole = manifest.model_copy(update={"entries": tuple(arrived)})
        everyone, problems = read_manifests(self.client, self.target, KINDS)
        older = next((m for m in everyone if (m.workspace_id, m.kind) == (manifest.workspace_id, manifest.kind)), None)
        publish(self.client, self.target, whole if self.settings.delete else whole.with_older(older))
        if self.settings.delete and older is not None and not problems:
            others = [m for m in everyone if m is not older]
            self._delete(objects_to_delete([older], [*others, whole]), context)
        if lacking:
            names = ", ".join(lacking[:5]) + (", …" if len(lacking) > 5 else "")
            raise SyncError(
                f"{len(lacking)} of {len(manifest.entries)} files are not at {self.target} and not on offer: {names}",
                remedy="Push again.",
            )
        context.output.add(PublishedRow, [PublishedRow(item.key, len(arrived))])

    def _delete(self, digests: set[str], context: StepContext) -> None:
        for count, digest in enumerate(sorted(digests), start=1):
            context.progress(count / len(digests), f"deleting {count} of {len(digests)}")
            with in_words(self.target):
                self.client.delete_object(Bucket=self.target.bucket, Key=self.target.object_key(digest))


def meter(context: StepContext, size_bytes: int) -> Callable[[int], None]:
    """A callback that reports an object's progress and speed to the job, and raises on a cancel."""
    began = time.monotonic()
    first: list[int] = []
    said = [0.0]

    def tell(done: int) -> None:
        if not first:
            first.append(done)
        now = time.monotonic()
        if now - said[0] < 0.2 and done < size_bytes and not context.is_cancelled():
            return
        said[0] = now
        rate = (done - first[0]) / max(now - began, 1e-3)
        note = f"{done / 1e6:,.1f} of {size_bytes / 1e6:,.1f} MB, {rate / 1e6:.1f} MB/s"
        context.progress(done / max(1, size_bytes), note)

    return tell
