"""Tars made for tests."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from engine.files.place import BLOCK_BYTES, FilePlace, TarMember, header_mark

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["member_place", "write_tar"]


def write_tar(
    path: Path, members: Iterable[tuple[str, bytes | Path]], *, kind: int = tarfile.USTAR_FORMAT, mtime: int = 0
) -> None:
    """A tar of these members, in this order: bytes, or the content of a file."""
    with tarfile.open(path, "w", format=kind) as tar:
        for name, given in members:
            content = given if isinstance(given, bytes) else given.read_bytes()
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), mtime
            tar.addfile(info, io.BytesIO(content))


def member_place(path: Path, name: str) -> FilePlace:
    """The place of a member, found by the standard library."""
    with tarfile.open(path) as tar:
        info = tar.getmember(name)
    with path.open("rb") as file:
        file.seek(info.offset_data - BLOCK_BYTES)
        mark = header_mark(file.read(BLOCK_BYTES))
    return FilePlace(path, TarMember(name=name, offset=info.offset_data, size_bytes=info.size, mark=mark))
