"""Finding candidate files under paths and folders, opening none of them.

Videos are recognised by probing, never by name, so a recording called `walk.dat` is found. To save thousands of
useless probes, a few kinds of file that lie beside videos are skipped inside folders (COMPANIONS); a file that was
named itself is always a candidate.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.files.characters import has_lone_surrogate
from engine.sources.types import FolderListing, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMPANIONS", "SAME_FILE", "list_files"]

SAME_FILE = "it is the same file as"
"""How the problem of a file begins that was reached under another name before."""

# What cameras write beside a recording (thumbnail, small copy, sound), then what datasets and people put there.
_COMPANIONS = """
    .thm .lrv .glv .wav .aac .m4a .mp3
    .csv .tsv .json .jsonl .yaml .yml .xml .txt .md .pdf .srt .vtt .ass .log .html .ini .gpx .fit
    .jpg .jpeg .png .gif .bmp .webp .tif .tiff .heic .dng .gpr
    .md5 .sha1 .sha256 .zip .tar .gz .tgz .7z .rar .part .npy .npz .pkl .pt .parquet .duckdb .py .sh
"""
COMPANIONS = frozenset(_COMPANIONS.split())

_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(kw_only=True)
class _Walk:
    follow_links: bool
    endings: tuple[str, ...]
    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    companions_count: int = 0
    tars: list[Path] = field(default_factory=list)
    data_sets: list[Path] = field(default_factory=list)
    folders_seen: set[tuple[int, int]] = field(default_factory=set)
    files_seen: dict[tuple[int, int], Path] = field(default_factory=dict)

    def report(self, path: str | Path, reason: str) -> None:
        self.problems.append(Problem(printable(path), None, reason))


def list_files(
    paths: Iterable[str | Path], *, follow_links: bool = True, endings: tuple[str, ...] = ()
) -> FolderListing:
    """Every candidate file under `paths`, folders recursively, in a fixed order (by name, path after path).

    Links are followed (inside folders only with `follow_links`); a folder is entered once, whatever leads to it, so
    loops end. A file reached twice is listed once. Hidden files, macOS's `._*` and COMPANIONS are skipped inside
    folders; with `endings`, so is every file whose lower-case name ends in none of them. A path that is missing,
    unreadable, not a regular file (FIFO, socket, device: never opened) or not UTF-8 becomes a Problem.
    """
    walk = _Walk(follow_links=follow_links, endings=endings)
    for path in paths:
        given = os.fspath(path)
        if not os.path.lexists(given):
            walk.report(given, "there is no such file or folder")
        else:
            _visit(walk, given, named=True)
    return FolderListing(
        files=tuple(walk.files),
        problems=tuple(walk.problems),
        companions_count=walk.companions_count,
        tars=tuple(walk.tars),
        data_sets=tuple(walk.data_sets),
    )


def printable(path: str | Path) -> str:
    """A path as text that any log or page can show: bytes that are not UTF-8 become `\\xNN`."""
    try:
        return os.fsencode(path).decode("utf-8", errors="backslashreplace")
    except UnicodeEncodeError:  # a lone surrogate: no file system returns one, but a pasted path may hold it
        return os.fspath(path).encode("utf-8", errors="backslashreplace").decode()


def _visit(walk: _Walk, top: str, *, named: bool) -> None:
    """Walk one path with an explicit stack: a deep tree would exceed Python's recursion limit."""
    stack = [(top, named)]
    while stack:
        path, named = stack.pop()
        try:
            info = os.stat(path)  # noqa: PTH116 - paths here may be no text
        except OSError as error:
            walk.report(path, _why_unreadable(path, error))
            continue
        if has_lone_surrogate(path):
            walk.report(path, "its name is not UTF-8 text, so it can't be stored: rename it")
        elif stat.S_ISDIR(info.st_mode):
            stack.extend((inner, False) for inner in reversed(_enter(walk, path, info)))
        elif stat.S_ISREG(info.st_mode):
            _take(walk, path, info, named=named)
        else:
            kind = next((name for test, name in _KINDS if test(info.st_mode)), "no plain file")
            walk.report(path, f"it is {kind}, not a file, so it was not opened")


def _enter(walk: _Walk, path: str, info: os.stat_result) -> list[str]:
    """The entries of a folder that was not visited before, real ones before links, each sorted by name."""
    identity = (info.st_dev, info.st_ino)
    if identity in walk.folders_seen:
        if os.path.islink(path):  # noqa: PTH114
            walk.report(path, "it is a link to a folder that was already read, so it was not followed again")
        return []
    walk.folders_seen.add(identity)
    try:
        with os.scandir(path) as entries:
            found = [
                (entry.is_symlink(), os.fsencode(entry.name), entry.path)
                for entry in entries
                if not entry.name.startswith(".") and (walk.follow_links or not entry.is_symlink())
            ]
    except OSError as error:
        walk.report(path, f"the folder can't be read ({error.strerror}): check its rights")
        return []
    return [inner for _, _, inner in sorted(found)]


def _take(walk: _Walk, path: str, info: os.stat_result, *, named: bool) -> None:
    if not named and not _is_candidate(path, walk.endings):
        walk.companions_count += 1
        if path.lower().endswith(".tar"):
            walk.tars.append(Path(path))
        elif path.endswith("/meta/info.json"):
            walk.data_sets.append(Path(path).parent.parent)
        return
    identity = (info.st_dev, info.st_ino)
    first = walk.files_seen.get(identity)
    if first is None:
        walk.files_seen[identity] = Path(path)
        walk.files.append(Path(path))
    elif os.path.abspath(path) != os.path.abspath(first):  # noqa: PTH100 - links must stay apart
        walk.report(path, f"{SAME_FILE} {printable(first)}, which was taken")


def _is_candidate(path: str, endings: tuple[str, ...]) -> bool:
    if endings:
        return path.lower().endswith(endings)
    return os.path.splitext(path)[1].lower() not in COMPANIONS  # noqa: PTH122


def _why_unreadable(path: str, error: OSError) -> str:
    if os.path.islink(path):  # noqa: PTH114
        return f"it is a link that leads nowhere ({error.strerror})"
    return f"it can't be read ({error.strerror})"
