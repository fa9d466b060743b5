"""Groups the chapter files of a GoPro recording, by their names.

A camera starts a new file about every 4 or 12 GB. HERO6 and later name them `GX` or `GH` (HEVC or AVC; `GS` on the
360 cameras), two digits for the chapter from 01, four for the recording: GX010123, GX020123. Up to HERO5 the first is
GOPR0123 and the others GP010123, GP020123. (GoPro support, "Camera file naming convention".)
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from engine.sources.folder import printable
from engine.sources.types import Chapter, Problem, Recording

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["group_chapters"]

_MODERN = re.compile(r"(G[HXS])(\d{2})(\d{4})\.(?:MP4|360)", re.ASCII | re.IGNORECASE)
_LEGACY = re.compile(r"(?:GOPR|GP(\d{2}))(\d{4})\.MP4", re.ASCII | re.IGNORECASE)


def group_chapters(paths: Iterable[str | Path]) -> list[Recording]:
    """Group files into recordings, in the order of their first files.

    Every path is in exactly one recording; a file with another name is a recording of its own. Different cameras use
    the same numbers, so files are grouped only within a folder. A missing or duplicate chapter becomes a Problem of
    its recording; the other chapters are still in order.
    """
    groups: dict[tuple[Path, str], list[tuple[int, Path]]] = defaultdict(list)
    for path in map(Path, paths):
        parsed = _parse(path.name)
        name, number = parsed if parsed is not None else (f"/{path.name}", 0)
        groups[path.parent, name].append((number, path))
    return [recording for (folder, name), files in groups.items() for recording in _recordings(folder, name, files)]


def _parse(name: str) -> tuple[str, int] | None:
    """The recording's name and the chapter's number from 1, or None for other names."""
    modern = _MODERN.fullmatch(name)
    if modern:
        number = int(modern[2])
        return (f"{modern[1].upper()}{modern[3]}", number) if number else None
    legacy = _LEGACY.fullmatch(name)
    if legacy:
        return f"GOPR{legacy[2]}", int(legacy[1]) + 1 if legacy[1] else 1
    return None


def _recordings(folder: Path, name: str, files: list[tuple[int, Path]]) -> list[Recording]:
    if name.startswith("/"):
        return [_lone(path) for _, path in files]
    chapters: dict[int, Path] = {}
    doubles: list[Path] = []
    for number, path in sorted(files):
        if chapters.setdefault(number, path) != path:
            doubles.append(path)
    missing = [number for number in range(1, max(chapters)) if number not in chapters]
    problems = [
        Problem(
            printable(folder),
            None,
            f"chapter {number} of recording {name} is missing: its time is counted without it",
        )
        for number in missing
    ]
    whole = Recording(
        recording_id=str(folder / name),
        name=name,
        chapters=tuple(Chapter(path, number) for number, path in sorted(chapters.items())),
        is_gopro=True,
        problems=tuple(problems),
    )
    return [whole, *(_lone(path, f"the recording {name} already has this chapter") for path in doubles)]


def _lone(path: Path, reason: str = "") -> Recording:
    problems = (Problem(printable(path), None, reason),) if reason else ()
    return Recording(
        recording_id=str(path), name=path.stem, chapters=(Chapter(path, 1),), is_gopro=False, problems=problems
    )
