"""Writes samples into tar files of limited size, as WebDataset's readers expect them, the same bytes each time.

All members of a sample stand side by side and share the name before the first dot: readers join what follows on each
other, and would make broken samples of anything else without an error.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Content", "Shard", "write_shards"]

Content = bytes | Path
"""A member, or the file that holds it."""
_MAX_MEMBER_BYTES = 8 * 1024**3 - 1
"""The largest member that a USTAR header can state."""
_REPORT_EVERY_BYTES = 16 << 20
_KEY = re.compile(r"[0-9A-Za-z_-]{1,60}")
_ENDING = re.compile(r"[0-9a-z_]{1,20}(\.[0-9a-z_]{1,20}){0,2}")


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A finished tar file."""

    name: str
    samples: int
    size_bytes: int
    sha256: str


def write_shards(
    samples: Iterable[tuple[str, Mapping[str, Content]]],
    folder: Path,
    *,
    stem: str,
    max_bytes: int,
    written: Callable[[int], None] = lambda _bytes: None,
) -> list[Shard]:
    """Write `samples` in their order into `folder/<stem>-000000.tar` and so on.

    A sample is its key, which has no dot, and its members: ending (`mp4`) → content, or the file that holds it. No tar
    file exceeds `max_bytes`, except where a single sample does: that sample gets a file of its own. `written` gets the
    number of bytes written since its last call, every few megabytes, and may raise to stop. Raises `ExportError`,
    `OSError`.
    """
    shards: list[Shard] = []
    current: _OpenShard | None = None
    try:
        for key, members in samples:
            sizes = {ending: _checked_size(key, ending, content) for ending, content in members.items()}
            if current is not None and current.size_with(sizes.values()) > max_bytes:
                shards.append(current.close())
                current = None
            if current is None:
                current = _OpenShard(folder / f"{stem}-{len(shards):06d}.tar", written)
            current.add(key, members, sizes)
        if current is not None:
            shards.append(current.close())
            current = None
    finally:
        if current is not None:
            current.abandon()
    return shards


class _OpenShard:
    """A tar file that is being written; it hashes what it writes."""

    def __init__(self, path: Path, written: Callable[[int], None]) -> None:
        self._path = path
        self._file = _HashingFile(path, written)
        target: Any = self._file  # it is only written to, from front to end
        self._tar = tarfile.TarFile(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT)
        self._samples = 0

    def size_with(self, sizes: Iterable[int]) -> int:
        """Its size in bytes when a sample with members of these sizes is added and the file closed."""
        body = self._tar.offset + sum(tarfile.BLOCKSIZE + _padded(size, tarfile.BLOCKSIZE) for size in sizes)
        return _padded(body + 2 * tarfile.BLOCKSIZE, tarfile.RECORDSIZE)

    def add(self, key: str, members: Mapping[str, Content], sizes: Mapping[str, int]) -> None:
        for ending, content in members.items():
            header = tarfile.TarInfo(f"{key}.{ending}")  # owner 0, time 0, a plain file
            header.size, header.mode = sizes[ending], 0o644
            with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as source:
                self._tar.addfile(header, source)
        self._samples += 1

    def close(self) -> Shard:
        self._tar.close()
        size, digest = self._file.tell(), self._file.hexdigest()
        self._file.close()
        return Shard(name=self._path.name, samples=self._samples, size_bytes=size, sha256=digest)

    def abandon(self) -> None:
        self._file.close()


class _HashingFile:
    """A file that is written from front to end, with the SHA-256 of what was written."""

    def __init__(self, path: Path, written: Callable[[int], None]) -> None:
        self._file = path.open("xb")
        self._digest = hashlib.sha256()
        self._written = written
        self._unreported = 0

    def tell(self) -> int:
        return self._file.tell()

    def write(self, data: bytes, /) -> int:
        self._file.write(data)
        self._digest.update(data)
        self._unreported += len(data)
        if self._unreported >= _REPORT_EVERY_BYTES:
            self._written(self._unreported)
            self._unreported = 0
        return len(data)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()

    def close(self) -> None:
        self._file.close()


def _checked_size(key: str, ending: str, content: Content) -> int:
    """The size of a member in bytes. Raises `ExportError` where a reader would misread it, or USTAR can't hold it."""
    if not _KEY.fullmatch(key) or not _ENDING.fullmatch(ending):
        raise ExportError(f"{key}.{ending!r} can't be the name of a member: a key ends at its first dot")
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MAX_MEMBER_BYTES:
        raise ExportError(
            f"{key}.{ending} has {size:,} bytes, and a tar file of this kind holds members of at most 8 GiB",
            remedy="Make the clip shorter, or cut it smaller (a higher crf, a shorter side).",
        )
    return size


def _padded(size: int, block: int) -> int:
    return -(-size // block) * block
