"""Writes a folder atomically: under a hidden name beside it, which becomes the folder's name when all is written."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["files_in", "hidden_beside", "is_free", "put_folder_in_place", "remove_folder", "write_out"]

_MAX_NAME_BYTES = 150


def hidden_beside(folder: Path, tag: str) -> Path:
    """The hidden name of `folder` while it is written, in the same parent. The same `tag` gives the same name, so that
    what a killed process left there is found."""
    name = os.fsencode(folder.name)[:_MAX_NAME_BYTES].decode(errors="ignore")
    return folder.with_name(f".{name}.{tag}.part")


def is_free(folder: Path) -> bool:
    """Whether nothing is there under this name, or an empty folder."""
    if folder.is_symlink() or not folder.exists():
        return not folder.is_symlink()
    return folder.is_dir() and not any(folder.iterdir())


def files_in(folder: Path) -> Iterator[Path]:
    """The files below `folder`, sorted; links are not followed."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield folder.__class__(where) / name


def write_out(folder: Path) -> None:
    """Wait until all below `folder` is on the disk. Raises OSError."""
    for where, _folders, files in os.walk(folder):
        for name in (*files, ""):
            handle = os.open(os.path.join(where, name) if name else where, os.O_RDONLY)  # noqa: PTH118
            try:
                with contextlib.suppress(OSError) if not name else contextlib.nullcontext():
                    os.fsync(handle)  # some file systems can't sync a folder
            finally:
                os.close(handle)


def put_folder_in_place(hidden: Path, folder: Path) -> None:
    """Give the finished folder its name, where nothing but an empty folder is. Raises OSError."""
    if folder.is_dir() and not folder.is_symlink():
        folder.rmdir()
    if folder.exists() or folder.is_symlink():
        raise FileExistsError(17, "File exists", str(folder))
    hidden.rename(folder)


def remove_folder(folder: Path) -> None:
    """Delete a folder with all that it holds, where it is there. Raises nothing."""
    shutil.rmtree(folder, ignore_errors=True)
