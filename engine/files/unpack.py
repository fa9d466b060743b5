"""Unpacks untrusted zip files: checked before anything is written, unpacked whole or not at all.

The list of members is checked first: names that would leave the folder, links, two members that are the same file on
some disk, members that overlap, encryption, unknown methods, and sizes out of proportion (a bomb). Only then is it
unpacked, into a temporary folder that is renamed; a failure leaves nothing behind.
"""

from __future__ import annotations

import io
import shutil
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import FormatError
from engine.files.names import fold, path_problem
from engine.files.replace_whole import temporary_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["check_members", "is_unpacked", "members", "open_zip", "read_member", "unpack"]

_MAX_MEMBERS = 500_000
_MAX_DIRECTORY_BYTES = 128 << 20
"""Largest list of members: it is read whole when a zip file is opened."""
_MAX_RATIO = 30
_FREE_RATIO_BYTES = 64 << 20
"""Below this size the ratio is not checked: a table of zeros may shrink to a thousandth."""
RESERVE_BYTES = 64 << 20
"""Disk space that is kept free."""
_CHUNK_BYTES = 1 << 20
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
_LOCAL_HEADER_BYTES = 30


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file for reading. All errors of the zip module become `FormatError` with the reason."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FormatError("it is no regular file")
        with _BoundedFile(path) as file, zipfile.ZipFile(file) as packed:
            yield packed
    except OSError as error:
        raise FormatError(error.strerror or str(error) or "it can't be read") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise FormatError(f"it is no sound zip file ({error})") from error
    except (RuntimeError, NotImplementedError, KeyError, ValueError, OverflowError, MemoryError) as error:
        raise FormatError(f"it can't be unpacked ({str(error) or type(error).__name__})") from error


def members(packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a zip file, without folders."""
    return [info for info in packed.infolist() if not info.is_dir()]


def read_member(packed: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """The content of one member. Raises `FormatError` where it is larger than `max_bytes`, or expands too far."""
    _check_kind(info)
    if info.file_size > max_bytes:
        raise FormatError(f"{info.filename!r} in it is larger than {max_bytes / 1e6:,.0f} MB")
    with packed.open(info) as opened:
        return opened.read(max_bytes)


def check_members(packed: zipfile.ZipFile, size_bytes: int) -> None:
    """Refuse a malicious zip file of `size_bytes`. Raises `FormatError` that names the member."""
    infos = packed.infolist()
    if len(infos) > _MAX_MEMBERS:
        raise FormatError(f"it holds {len(infos):,} files, and {_MAX_MEMBERS:,} at most are unpacked")
    seen: set[str] = set()
    folders: set[str] = set()
    for info in infos:
        name = info.filename.rstrip("/") if info.is_dir() else info.filename
        if problem := path_problem(name):
            raise FormatError(f"{name[:120]!r} in it can't be unpacked: {problem}")
        _check_kind(info)
        if info.is_dir():
            continue
        folded = fold(name)
        if folded in seen:
            raise FormatError(f"{name[:120]!r} is in it twice, or only the letters' case differs")
        seen.add(folded)
        parts = folded.split("/")
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    if both := seen & folders:
        raise FormatError(f"{min(both)[:120]!r} is a file and a folder in it")
    _check_sizes(infos, size_bytes)
    _check_apart(infos)


def is_unpacked(packed: zipfile.ZipFile, below: str, folder: Path) -> bool:
    """Whether the members below the folder `below` of a zip file are in `folder` already, by name and size."""
    wanted = {
        info.filename.removeprefix(below): info.file_size for info in members(packed) if info.filename.startswith(below)
    }
    there = (folder / name for name in wanted)
    return folder.is_dir() and all(
        path.is_file() and path.stat().st_size == size for path, size in zip(there, wanted.values(), strict=True)
    )


def unpack(
    packed: zipfile.ZipFile, below: str, target: Path, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> None:
    """Write the members below the folder `below` of a zip file ("" for all) into `target`, replacing an older one.

    `progress` gets bytes done and in total, and may raise to stop. Raises `FormatError`, and then leaves no files.
    """
    wanted = [info for info in members(packed) if info.filename.startswith(below)]
    total = sum(info.file_size for info in wanted)
    partial = temporary_beside(target)  # two processes may unpack the same file at once
    partial.mkdir(parents=True)
    try:
        free = shutil.disk_usage(partial).free
        if total + RESERVE_BYTES > free:
            raise FormatError(
                f"it unpacks to {total / 1e6:,.0f} MB, and there are {free / 1e6:,.0f} MB free on that disk"
            )
        _write(packed, wanted, below, partial, lambda done: progress(done, total))
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _write(
    packed: zipfile.ZipFile, wanted: Sequence[zipfile.ZipInfo], below: str, folder: Path, tell: Callable[[int], None]
) -> None:
    done = 0
    for info in wanted:
        out = folder / info.filename.removeprefix(below)
        out.parent.mkdir(parents=True, exist_ok=True)
        # "x": the folder is new and names are unique, so a file that exists already is an attack.
        with packed.open(info) as read, out.open("xb") as write:
            while chunk := read.read(_CHUNK_BYTES):
                write.write(chunk)
                done += len(chunk)
                tell(done)


def _check_kind(info: zipfile.ZipInfo) -> None:
    """Refuse members that are not regular files or folders, that are encrypted, or that use an unknown method."""
    name = f"{info.filename[:120]!r} in it"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise FormatError(f"{name} is a link or a device, no file")
    if info.flag_bits & ENCRYPTED:
        raise FormatError(f"{name} is encrypted: ask for it without a password")
    if info.compress_type not in METHODS:
        raise FormatError(f"{name} is packed by method {info.compress_type}: pack it with plain zip (deflate)")


def _check_sizes(infos: Sequence[zipfile.ZipInfo], size_bytes: int) -> None:
    total = sum(info.file_size for info in infos)
    if total > _FREE_RATIO_BYTES + _MAX_RATIO * size_bytes:
        raise FormatError(
            f"its {size_bytes / 1e6:,.1f} MB would unpack to {total / 1e6:,.0f} MB, which no footage does"
        )


def _check_apart(infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse members that overlap: overlapping members let a small file unpack to petabytes."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise FormatError(f"{info.filename[:120]!r} overlaps another file in it")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size


class _BoundedFile(io.FileIO):
    """A file that refuses reads larger than _MAX_DIRECTORY_BYTES: zipfile reads the list of members in one piece."""

    def read(self, size: int | None = -1) -> bytes:
        most = _MAX_DIRECTORY_BYTES + 1
        got = super().read(most if size is None or size < 0 else min(size, most)) or b""
        if len(got) == most:
            raise FormatError(f"its list of members is larger than {_MAX_DIRECTORY_BYTES / 1e6:,.0f} MB")
        return got
