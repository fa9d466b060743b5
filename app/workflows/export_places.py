"""Where an export may be written: into folders that exist or that somebody wants made; over files only on request."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from engine.errors import ExportError, MissingFolderError
from engine.export.writers import check_target

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_folder", "check_places", "likely_path", "make_folder"]


def check_places(list_file: Path | None, folder: Path | None, *, overwrite: bool, make_folders: bool) -> None:
    """Raise `ExportError` where the list or the cut clips can't be written, or must not be.

    Raises `MissingFolderError` where the folder of either does not exist and `make_folders` does not ask for it.
    """
    if list_file is not None:
        check_target(list_file, overwrite=overwrite)
    if folder is not None:
        check_folder(folder, overwrite=overwrite)
    for path in (list_file, folder):
        if path is not None and not make_folders:
            check_parent(path)


def check_folder(folder: Path, *, overwrite: bool = False) -> None:
    """Raise `ExportError` where `folder` is not empty and must not be written into."""
    if folder.is_file():
        raise ExportError(f"{folder} is a file", remedy="Name a folder for the cut clips.")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise ExportError(
            f"{folder} is not empty",
            remedy="Choose another folder, or ask for its files to be overwritten (--overwrite).",
        )


def make_folder(folder: Path) -> None:
    """Make a folder that somebody confirmed. Raises `ExportError` where it can't be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"{folder} can't be made: {error.strerror or error}", remedy="Name another folder."
        ) from error


def check_parent(path: Path) -> None:
    """Raise `MissingFolderError` where the folder that holds `path` does not exist."""
    if not path.parent.is_dir():
        nearest = next(parent for parent in path.parents if parent.exists())
        raise MissingFolderError(path, nearest=nearest, likely=likely_path(path, nearest))


def likely_path(path: Path, nearest: Path) -> Path | None:
    """`path` with its first name below `nearest` that does not exist replaced by a folder's of nearly the same name."""
    wrong, *rest = path.relative_to(nearest).parts
    try:
        names = {entry.name.casefold(): entry.name for entry in nearest.iterdir() if entry.is_dir()}
    except OSError:  # it can't be listed, or is a file
        return None
    close = difflib.get_close_matches(wrong.casefold(), names, n=1)
    return nearest.joinpath(names[close[0]], *rest) if close else None
