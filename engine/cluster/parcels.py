"""Folders as tar files in pieces, for the way through a cluster's object store; unpacked within limits."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from engine.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

__all__ = ["PIECE_BYTES", "pack", "pieces_of", "unpack"]

PIECE_BYTES = 4_000_000
"""A piece of this size is held in memory at a time; Ray's object store takes it without a copy through its socket."""
MAX_FILES = 200_000
_COPY_BYTES = 1 << 20


def pack(folder: Path, tar_file: Path) -> None:
    """Write the files below `folder` into a tar file, with paths relative to it. Raises OSError."""
    with tar_file.open("wb") as file:
        _write(folder, file)


def _write(folder: Path, file: IO[bytes]) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                # Name and size alone: owner, mode and times mean nothing on another machine.
                member = tarfile.TarInfo(path.relative_to(folder).as_posix())
                member.size = path.stat().st_size
                with path.open("rb") as content:
                    tar.addfile(member, content)


def pieces_of(folder: Path, scratch: Path, size_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
    """The tar file of a folder in pieces of at most `size_bytes`; it lies in `scratch` meanwhile, never in memory."""
    with tempfile.TemporaryFile(dir=scratch) as file:
        _write(folder, file)
        file.seek(0)
        while piece := file.read(size_bytes):
            yield piece


def unpack(tar_file: Path, folder: Path) -> None:
    """Unpack a tar file that came from elsewhere into `folder`, which is made.

    Only files with plain relative names are taken: nothing lands outside, no link, no device. Raises `FormatError` for
    anything else, and OSError where the disk takes no more; what is in `folder` by then is the caller's to delete.
    """
    folder.mkdir(parents=True)
    try:
        with tarfile.open(tar_file, "r:") as tar:
            for count, member in enumerate(tar, start=1):
                if count > MAX_FILES:
                    raise FormatError(f"it holds more than {MAX_FILES:,} files")
                _take(tar, member, folder)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise FormatError(f"it is no whole tar file ({error})") from error


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(member.name)
    if not member.isreg() or member.issparse():
        raise FormatError(f"{member.name!r} is no plain file")
    if name.is_absolute() or ".." in name.parts or not name.parts or "\\" in member.name or "\0" in member.name:
        raise FormatError(f"{member.name!r} would land outside")
    target = folder.joinpath(*name.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None  # noqa: S101 - it is a plain file
    with source, target.open("xb") as file:
        shutil.copyfileobj(source, file, _COPY_BYTES)
    if target.stat().st_size != member.size:
        raise FormatError(f"{member.name!r} ends too soon")
