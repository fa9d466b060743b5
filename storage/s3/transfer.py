"""Uploads and downloads one object: in parts, resumed after an interruption, verified by checksum."""

from __future__ import annotations

import base64
import hashlib
import shutil
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.errors import SyncError
from engine.files.digest import sha256_of_file
from engine.files.place import place_of
from storage.s3.client import Refused, ServerSaid, in_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.files.place import AnyPlace, FilePlace
    from storage.s3.target import Target

__all__ = ["MIN_PART_BYTES", "Blob", "download", "part_size", "upload"]

MIN_PART_BYTES = 5 << 20
"""S3's least size of a part, except the last."""
MAX_PARTS = 10_000
CHUNK_BYTES = 1 << 20
PART_THREADS = 3
RACES = 3
"""How often an upload is restarted because another client that sends the same content completed or aborted it."""
BREAKS_IN_A_ROW = 3
"""How often a download resumes after a broken connection."""


@dataclass(frozen=True)
class Blob:
    """An object's content, identified by SHA-256 and size."""

    sha256: str
    size_bytes: int


def part_size(size_bytes: int, wanted_bytes: int) -> int:
    """Bytes of a part: `wanted_bytes`, or more where there would be more parts than S3 allows."""
    fewest = -(-size_bytes // MAX_PARTS)
    return max(MIN_PART_BYTES, wanted_bytes, -(-fewest // CHUNK_BYTES) * CHUNK_BYTES)


def upload(
    client: Any,
    target: Target,
    blob: Blob,
    path: AnyPlace,
    *,
    part_bytes: int,
    again: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Upload the file at `path`, or the member of a tar, as `blob`; returns the bytes sent, 0 where the object exists.

    The file's SHA-256 is checked first, every part's MD5 by the server as it arrives, size and key at the end.
    Parts sent by an interrupted upload are not sent again. `progress` gets the bytes done, and may raise to stop.
    Raises `SyncError`, or `Refused` where nothing else will go through either.
    """
    key = target.object_key(blob.sha256)
    place = place_of(path)
    check_file(place, blob)
    if not again and stored_size(client, target, key) == blob.size_bytes:
        return 0
    size = part_size(blob.size_bytes, part_bytes)
    if blob.size_bytes <= size:
        with place.open() as file:
            body = file.read()
        with in_words(target):
            client.put_object(
                Bucket=target.bucket, Key=key, Body=body, ContentMD5=md5_base64(body), Metadata={"sha256": blob.sha256}
            )
        sent = len(body)
    else:
        sent = 0
        for tries_left in reversed(range(RACES)):
            try:
                sent = _Multipart(client, target, key, blob, place, size).send(progress)
                break
            except ServerSaid as error:
                # Another client completed the same upload first: the object exists, or soon will.
                if error.code != "NoSuchUpload" or not tries_left:
                    raise
                if stored_size(client, target, key) == blob.size_bytes:
                    break
    arrived = stored_size(client, target, key)
    if arrived != blob.size_bytes:
        raise SyncError(
            f"{place.name} did not arrive whole: {arrived} of {blob.size_bytes} bytes are at {target}",
            remedy="Resume the job to send it again.",
        )
    progress(blob.size_bytes)
    return sent


def check_file(place: FilePlace, blob: Blob) -> None:
    """Raise `SyncError` where the file is gone or does not have the blob's size and SHA-256."""
    if not place.file.is_file():
        raise SyncError(
            f"{place} is not there any more", remedy="`handpicked videos relocate` points Handpicked at its new place."
        )
    if not place.is_file() or place.size_bytes != blob.size_bytes or sha256_of_file(place) != blob.sha256:
        raise SyncError(
            f"{place} has changed since Handpicked took note of it", remedy="Import it again, or put the old file back."
        )


def stored_size(client: Any, target: Target, key: str) -> int | None:
    """The size of an object, or None where there is none."""
    from botocore.exceptions import ClientError

    with in_words(target):
        try:
            size: int = client.head_object(Bucket=target.bucket, Key=key)["ContentLength"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey", "NotFound"):
                return None
            raise
        return size


def md5_base64(body: bytes) -> str:
    """The value of the header Content-MD5. MD5 guards against accidents here, not against attackers."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


class _Multipart:
    """A multipart upload that sends only the parts missing at the server."""

    def __init__(self, client: Any, target: Target, key: str, blob: Blob, place: FilePlace, size: int) -> None:
        self._client = client
        self._target = target
        self._where = {"Bucket": target.bucket, "Key": key}
        self._blob = blob
        self._place = place
        self._size = size
        self._count = -(-blob.size_bytes // size)
        self._done_bytes = self._sent_bytes = 0

    def send(self, progress: Callable[[int], None]) -> int:
        """Send missing parts and complete the upload; returns the bytes sent."""
        upload_id, there = self._begin()
        tags: dict[int, str] = {}
        numbers = iter(range(1, self._count + 1))
        with ThreadPoolExecutor(PART_THREADS) as pool:
            running = {pool.submit(self._part, upload_id, n, there) for n in islice(numbers, PART_THREADS)}
            try:
                while running:
                    done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in done:
                        number, tag = future.result()
                        tags[number] = tag
                        running |= {pool.submit(self._part, upload_id, n, there) for n in islice(numbers, 1)}
                    progress(min(self._done_bytes, self._blob.size_bytes - 1))
            finally:
                # On any error: parts sent stay at the server for the next try.
                pool.shutdown(wait=True, cancel_futures=True)
        parts = [{"PartNumber": number, "ETag": tags[number]} for number in sorted(tags)]
        with in_words(self._target):
            self._client.complete_multipart_upload(**self._where, UploadId=upload_id, MultipartUpload={"Parts": parts})
        return self._sent_bytes

    def _begin(self) -> tuple[str, dict[int, tuple[int, str]]]:
        """An interrupted upload of this content, with its parts (number → size, tag), or a new one."""
        with in_words(self._target):
            found = self._client.list_multipart_uploads(Bucket=self._target.bucket, Prefix=self._where["Key"])
            mine = [one for one in found.get("Uploads", ()) if one["Key"] == self._where["Key"]]
            if not mine:
                made = self._client.create_multipart_upload(**self._where, Metadata={"sha256": self._blob.sha256})
                return made["UploadId"], {}
            upload_id = max(mine, key=lambda one: one["Initiated"])["UploadId"]
            pages = self._client.get_paginator("list_parts").paginate(**self._where, UploadId=upload_id)
            parts = [part for page in pages for part in page.get("Parts", ())]
            return upload_id, {part["PartNumber"]: (part["Size"], part["ETag"]) for part in parts}

    def _part(self, upload_id: str, number: int, there: dict[int, tuple[int, str]]) -> tuple[int, str]:
        with self._place.open() as file:
            file.seek((number - 1) * self._size)
            body = file.read(self._size)
        size, tag = there.get(number, (0, ""))
        # A server that encrypts gives tags that are not MD5: the part is sent again, which is slow but correct.
        if size == len(body) and tag.strip('"') == hashlib.md5(body, usedforsecurity=False).hexdigest():
            self._done_bytes += size
            return number, tag
        with in_words(self._target):
            made = self._client.upload_part(
                **self._where, UploadId=upload_id, PartNumber=number, Body=body, ContentMD5=md5_base64(body)
            )
        self._done_bytes += len(body)
        self._sent_bytes += len(body)
        return number, made["ETag"]


def download(
    client: Any,
    target: Target,
    blob: Blob,
    path: Path,
    *,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Download `blob` to `path`; returns the bytes received, 0 where the file exists.

    It is written to `<name>.part`, which an interrupted download resumes, and renamed once its SHA-256 is right.
    `progress` gets the bytes done, and may raise to stop. Raises `SyncError` for content that is damaged at the
    server, `Refused` where nothing else will come through either.
    """
    if path.is_file() and path.stat().st_size == blob.size_bytes and sha256_of_file(path) == blob.sha256:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    check_room(path, blob.size_bytes - (part.stat().st_size if part.exists() else 0))
    received = 0
    for resumed in (part.exists(), False):
        received += _fetch(client, target, blob, part, progress)
        if part.stat().st_size == blob.size_bytes and sha256_of_file(part) == blob.sha256:
            part.replace(path)
            return received
        part.unlink()
        if not resumed:
            break  # received without a resume: the server's copy itself is wrong
    raise SyncError(
        f"{path.name} is damaged at {target} (its SHA-256 is not {blob.sha256[:12]}…)",
        remedy="Push it again, with --again, from a workspace that has it.",
    )


def check_room(path: Path, size_bytes: int) -> None:
    """Raise `SyncError` where a file of this size does not fit on the disk: stated sizes are not trusted."""
    free = shutil.disk_usage(path.parent).free
    if size_bytes > free:
        raise SyncError(
            f"{path.name} has {size_bytes / 1e6:,.0f} MB more to come, and {free / 1e6:,.0f} MB are free on the disk",
            remedy="Free some space, then resume the job.",
        )


def _fetch(client: Any, target: Target, blob: Blob, part: Path, progress: Callable[[int], None]) -> int:
    """Download the rest of `part` up to the blob's size; returns the bytes received."""
    received = breaks = 0
    while (have := part.stat().st_size if part.exists() else 0) < blob.size_bytes:
        before = received
        left = blob.size_bytes - have
        try:
            with in_words(target):
                span = f"bytes={have}-{blob.size_bytes - 1}"
                got = client.get_object(Bucket=target.bucket, Key=target.object_key(blob.sha256), Range=span)
                with part.open("ab") as out, got["Body"] as body:
                    # No more than the stated size, whatever the server sends: the checksum finds the error.
                    while left and (chunk := body.read(min(CHUNK_BYTES, left))):
                        out.write(chunk)
                        left -= len(chunk)
                        received += len(chunk)
                        progress(min(have + received - before, blob.size_bytes - 1))
        except Refused:
            # Retried here only if some bytes came before the connection broke: boto3 retries the rest itself.
            if received == before or breaks >= BREAKS_IN_A_ROW:
                raise
            breaks += 1
        except ServerSaid as error:
            if error.code != "InvalidRange":
                raise
            break  # the object is too short: the checksum will fail
        else:
            if received == before:
                break  # shorter than stated: the checksum will fail
    if not part.exists():
        part.touch()
    return received
