"""The fingerprint of a file, by which the same recording is known again under another name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cancel import Cancelled
from engine.errors import VideoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.video.types import CancelCheck

__all__ = ["sha256_of_file"]

_CHUNK_BYTES = 4 << 20


def sha256_of_file(
    path: str | Path,
    *,
    progress: Callable[[int], None] | None = None,
    cancelled: CancelCheck | None = None,
) -> str:
    """The SHA-256 of a file in hexadecimal, in constant memory; `progress` is told the bytes done so far.

    Raises `VideoError` where the file can't be read, `Cancelled` where `cancelled()` says so.
    """
    path = Path(path)
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    done = 0
    try:
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                if cancelled is not None and cancelled():
                    raise Cancelled
                digest.update(buffer[:count])
                done += count
                if progress is not None:
                    progress(done)
    except OSError as error:
        raise VideoError(
            path, f"can't be read ({error.strerror or error}).", remedy="Check the file and its disk, then try again."
        ) from error
    return digest.hexdigest()
