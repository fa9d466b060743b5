"""Writes files atomically: under a temporary name beside the file, then renamed.

The temporary name is unique, so that two writers of one file never write into each other's; the last one wins.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["copy_whole", "put_in_place", "remove_leftovers", "replace_whole", "temporary_beside", "write_whole"]

_ENDING = ".part"
_MAX_STEM_BYTES = 150
"""How much of a file's name its temporary name repeats: file systems allow 255 bytes."""


@contextlib.contextmanager
def replace_whole(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """A path to write to: at the end of the block that file replaces `path`; after an error it is deleted.

    `durable` waits until the content is on the disk, so that not even a power failure leaves half of it; not needed for
    files that are quick to make again. A device or a pipe (`/dev/stdout`) is written to directly, never replaced.
    Raises OSError.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    temporary = temporary_beside(path)
    try:
        yield temporary
        put_in_place(temporary, path, durable=durable)
    except BaseException:
        discard(temporary)
        raise


def write_whole(path: Path, content: str | bytes, *, durable: bool = True) -> None:
    """Write `content` (text as UTF-8, line ends as they are) to `path`, whole or not at all. Raises OSError."""
    data = content.encode() if isinstance(content, str) else content
    with replace_whole(path, durable=durable) as temporary:
        temporary.write_bytes(data)


def copy_whole(source: Path, path: Path) -> None:
    """Copy a file with its times to `path`, whole or not at all. Raises OSError."""
    with replace_whole(path) as temporary:
        shutil.copy2(source, temporary)


def temporary_beside(path: Path) -> Path:
    """A unique name in the folder of `path`: `.<name>.<random>.part`."""
    return path.with_name(f"{_stem(path)}{uuid.uuid4().hex}{_ENDING}")


def put_in_place(temporary: Path, path: Path, *, durable: bool = True) -> None:
    """Give the finished file `temporary` its name. Raises OSError, with the file still under its temporary name."""
    if durable:
        _write_out(temporary)
    with contextlib.suppress(OSError):
        shutil.copymode(path, temporary)
    temporary.replace(path)
    if durable:
        with contextlib.suppress(OSError):  # some file systems can't sync a folder; the file has its name all the same
            _write_out(path.parent)


def discard(temporary: Path) -> None:
    """Delete a temporary file. Raises nothing: an earlier error matters more."""
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Delete temporary files of `path` that killed writers left. Only where no process is writing it."""
    stem = _stem(path)
    with contextlib.suppress(OSError):
        for file in list(path.parent.iterdir()):
            middle = file.name[len(stem) : -len(_ENDING)]
            if file.name.startswith(stem) and file.name.endswith(_ENDING) and len(middle) == len(uuid.uuid4().hex):
                discard(file)


def _stem(path: Path) -> str:
    name = os.fsencode(path.name)[:_MAX_STEM_BYTES]
    return f".{name.decode(errors='ignore')}."


def _write_out(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
