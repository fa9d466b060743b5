"""What finished jobs leave on disk: specifications, logs, and what a pull or a push wrote down for its workers."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.jobs import RESUMABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from storage import Workspace
    from storage.jobs import Job

__all__ = ["Leftovers", "clean", "leftovers"]

SHARING = ("push", "publish", "pull", "receive")
"""Kinds of job whose specification names notes outside the job's own folder."""
ALL_JOBS = 1_000_000


@dataclass(frozen=True)
class Leftovers:
    """Files that no job needs any more."""

    jobs: int
    """Finished jobs whose folder is still there."""
    notes: int
    """Files that pulls, pushes and bundles left."""
    size_bytes: int
    places: tuple[Path, ...]


def leftovers(workspace: Workspace, *, resumable: bool = False) -> Leftovers:
    """What can go: the folders of jobs that are done without a failure. Those that could be resumed, and those with
    failed items that could be tried again, are needed for that, unless `resumable` gives them up too.

    Nothing is lost of what happened: states, history and the reasons of failures are in the database.
    """
    jobs = {job.job_id: job for job in workspace.jobs.find(limit=ALL_JOBS)}
    folders = {job_id: workspace.paths.job(job_id) for job_id in jobs}
    done = [folders[n] for n, job in jobs.items() if _over(job, resumable=resumable) and folders[n].is_dir()]
    kept = [folders[n] for n, job in jobs.items() if job.kind in SHARING and not _over(job, resumable=resumable)]
    notes = list(_unneeded_notes(workspace, kept))
    places = (*done, *notes)
    return Leftovers(len(done), len(notes), sum(_size_bytes(place) for place in places), places)


def clean(workspace: Workspace, *, resumable: bool = False) -> Leftovers:
    """Delete what `leftovers` finds; returns what went."""
    found = leftovers(workspace, resumable=resumable)
    for place in found.places:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                place.unlink()
    return found


def _over(job: Job, *, resumable: bool) -> bool:
    if job.active:
        return False
    return resumable or not (job.failed or job.state in RESUMABLE)


def _unneeded_notes(workspace: Workspace, kept: Iterable[Path]) -> Iterator[Path]:
    """Notes that no specification among `kept` speaks of."""
    named = ""
    for folder in kept:
        with contextlib.suppress(OSError):
            named += (folder / "spec.json").read_text(encoding="utf-8", errors="replace")
    sharing, pulled = workspace.paths.sharing, workspace.paths.pulled
    for note in (*sharing.glob("*"), *pulled.glob("bundle-*.json")):
        # The file of labels is the one that the next push sends.
        if note.name not in named and not note.name.startswith("labels-"):
            yield note


def _size_bytes(place: Path) -> int:
    if not place.is_dir():
        return place.stat().st_size if place.exists() else 0
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
