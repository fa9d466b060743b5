"""Finds and deletes what finished jobs leave on disk: specifications, logs, notes of pulls and pushes."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import JobError
from engine.runtime.spec import read_spec
from storage.jobs import RESUMABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from storage import Workspace
    from storage.jobs import Job

__all__ = ["Leftovers", "clean", "leftovers"]

SHARING = ("push", "publish", "pull", "receive")
"""Kinds of job whose specification refers to notes outside the job's own folder."""
DATA_SETS = ("export_parts", "export_set")
"""Kinds of job that read what clips contribute to a data set."""
LONGEST_NUMBER = 10
"""The most digits of a job's number; folders with other names are not jobs'."""


@dataclass(frozen=True)
class Leftovers:
    """Files that no job needs any more."""

    jobs: int
    """Finished jobs whose folder is still there."""
    notes: int
    """What pulls, pushes, bundles and data sets left."""
    places: tuple[Path, ...]
    size_bytes: int | None = None
    """None where the size was not requested: it takes a look at every file."""


def leftovers(workspace: Workspace, *, resumable: bool = False, sizes: bool = False) -> Leftovers:
    """The folders that can be deleted: those of jobs done without a failure. Jobs that can be resumed or have failed
    items to retry keep theirs, unless `resumable` gives them up too.

    States, history and the reasons of failures stay in the database.
    """
    folders = _folders(workspace)
    jobs = workspace.jobs.find(ids=folders, limit=len(folders))
    done = [folders[job.job_id] for job in jobs if _over(job, resumable=resumable)]
    kept = [folders[job.job_id] for job in jobs if job.kind in SHARING and not _over(job, resumable=resumable)]
    writing = [folders[job.job_id] for job in jobs if job.kind in DATA_SETS and not _over(job, resumable=resumable)]
    notes = [*_unneeded_notes(workspace, kept), *_unneeded_parts(workspace, writing)]
    places = (*done, *notes)
    return Leftovers(len(done), len(notes), places, sum(map(_size_bytes, places)) if sizes else None)


def clean(workspace: Workspace, *, resumable: bool = False) -> Leftovers:
    """Delete what `leftovers` finds; returns what was deleted."""
    found = leftovers(workspace, resumable=resumable, sizes=True)
    for place in found.places:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                place.unlink()
    return found


def _folders(workspace: Workspace) -> dict[int, Path]:
    """Job number → its folder, for all existing folders."""
    listed = workspace.paths.jobs.iterdir() if workspace.paths.jobs.is_dir() else ()
    numbers = [int(folder.name) for folder in listed if folder.name.isdecimal() and len(folder.name) < LONGEST_NUMBER]
    return {number: workspace.paths.job(number) for number in numbers if workspace.paths.job(number).is_dir()}


def _over(job: Job, *, resumable: bool) -> bool:
    if job.active:
        return False
    return resumable or not (job.failed or job.state in RESUMABLE)


def _unneeded_notes(workspace: Workspace, kept: Iterable[Path]) -> Iterator[Path]:
    """Notes that no specification among `kept` refers to."""
    sharing, pulled = workspace.paths.sharing, workspace.paths.pulled
    notes = [*sharing.glob("*"), *pulled.glob("bundle-*.json")]
    notes = [note for note in notes if not note.name.startswith("labels-")]  # the next push sends that file
    named = ""
    for folder in kept if notes else ():
        with contextlib.suppress(OSError):
            named += (folder / "spec.json").read_text(encoding="utf-8", errors="replace")
    for note in notes:
        if note.name not in named:
            yield note


def _unneeded_parts(workspace: Workspace, kept: Iterable[Path]) -> Iterator[Path]:
    """What clips contribute to data sets that no specification among `kept` is about."""
    needed = set()
    for folder in kept:
        with contextlib.suppress(JobError):
            needed.add(read_spec(folder / "spec.json", items=False).settings.get("export_id"))
    for parts in workspace.paths.all_export_parts.glob("*"):
        if parts.name not in needed:
            yield parts


def _size_bytes(place: Path) -> int:
    if not place.is_dir():
        return place.stat().st_size if place.exists() else 0
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
