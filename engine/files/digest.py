"""Hashes of files and values, to recognise the same content under another name."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.cancel import Cancelled
from engine.errors import EngineError
from engine.files.place import FilePlace, place_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.files.place import AnyPlace

__all__ = ["digest_of_values", "md5_of_file", "remembered_sha256", "sha256_of_file"]

_CHUNK_BYTES = 4 << 20


def sha256_of_file(
    path: AnyPlace,
    *,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> str:
    """The SHA-256 of a file or of a member of a tar in hexadecimal, in constant memory.

    `progress` gets the bytes done so far. Raises `EngineError` where the file can't be read, `Cancelled` where
    `cancelled()` is true.
    """

    def after_chunk(done_bytes: int) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled
        if progress is not None:
            progress(done_bytes)

    place = place_of(path)
    try:
        return _hash(place, hashlib.sha256(), after_chunk)
    except OSError as error:
        raise EngineError(
            f"{str(place)!r}: can't be read ({error.strerror or error}).",
            remedy="Check the file and its disk, then try again.",
        ) from error


def remembered_sha256(path: Path) -> str:
    """The SHA-256 of a file, cached until its size or modification time changes.

    Raises `EngineError` where the file can't be read.
    """
    try:
        status = path.stat()
    except OSError:
        return sha256_of_file(path)
    return _remembered(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _remembered(path: Path, size_bytes: int, modified_ns: int) -> str:
    return sha256_of_file(path)


def md5_of_file(path: Path, after_chunk: Callable[[int], None] = lambda done_bytes: None) -> str:
    """The MD5 of a file in hexadecimal, to compare with a data set's list. `after_chunk` may raise to stop.

    Raises `OSError` where the file can't be read.
    """
    return _hash(FilePlace(path), hashlib.md5(usedforsecurity=False), after_chunk)


def _hash(place: FilePlace, digest: Any, after_chunk: Callable[[int], None]) -> str:
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    done_bytes = 0
    with place.open() as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            done_bytes += count
            after_chunk(done_bytes)
    return str(digest.hexdigest())


def digest_of_values(values: Any) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of `values` as JSON: the same for the same settings."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
