"""Parses paths as people type them: `~` is a home folder, and an invalid path is refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.files.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["typed_path", "typed_paths"]


def typed_path(typed: str | Path) -> Path:
    """The absolute path of a typed one; links and `..` stay as they were written.

    A file whose name merely begins with `~` is found under that name. Raises `EngineError` for an unknown home folder,
    and for text that no file system accepts.
    """
    path = Path(typed)
    if "\0" in str(path):
        raise EngineError(f"{str(path)!r} is no path: it holds the character U+0000", remedy="Type the path again.")
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        literal = path.absolute()
        if literal.exists():
            return literal
        name = path.parts[0].removeprefix("~")
        whose = f"there is no user {name!r} on this machine" if name else "this user has no home folder here"
        raise EngineError(
            f"{str(path)!r} can't be found: {whose}, whose folder `~{name}` would be",
            remedy="Write the whole path, beginning with a slash.",
        ) from error


def typed_paths(typed: Iterable[str | Path]) -> tuple[list[Path], list[Problem]]:
    """The absolute paths of typed ones, and one problem for each that is invalid."""
    paths: list[Path] = []
    problems: list[Problem] = []
    for one in typed:
        try:
            paths.append(typed_path(one))
        except EngineError as error:
            problems.append(Problem("", None, str(error)))
    return paths, problems
