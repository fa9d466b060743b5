"""How many workers share a job on this machine, and how many threads each may use: by its cores and its free memory."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "USUAL_NEEDS",
    "Machine",
    "WorkerNeeds",
    "WorkerPlan",
    "plan_workers",
    "this_machine",
    "thread_limits",
    "usable_cores",
]

ROOT = Path("/")
CGROUPS = Path("sys/fs/cgroup")
_NO_LIMIT_BYTES = 1 << 60
"""cgroup v1 writes the largest number of whole pages where it has no limit."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What this process may use: limits of its container and of its cgroup are taken into account."""

    cores: int
    free_bytes: int
    """Memory that is free, or that the system would free for a process that asks."""


@dataclass(frozen=True, kw_only=True)
class WorkerNeeds:
    """What one worker of a kind of job keeps busy and holds, as measured."""

    cores: float = 1.0
    memory_bytes: int = 500_000_000


USUAL_NEEDS = WorkerNeeds()


@dataclass(frozen=True, kw_only=True)
class WorkerPlan:
    """How many workers share a job, how many threads each may use, and why."""

    workers: int
    threads: int
    """0 where the job itself decides."""
    why: str = ""
    """A phrase that follows the numbers."""
    cores: int = 0
    """The cores that are shared out; 0 where the number of threads is fixed."""

    def threads_of(self, workers: int) -> int:
        """Threads that each may use where only so many workers have something to do: one video is one worker's."""
        return max(self.threads, self.cores // max(1, workers)) if self.threads else 0

    def __str__(self) -> str:
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{workers} with {threads}{' each' if self.workers > 1 else ''} ({self.why})"


def plan_workers(machine: Machine, needs: WorkerNeeds, asked: int = 0) -> WorkerPlan:
    """As many workers as keep the cores busy and as fit into the free memory, at least one; the cores are shared out.

    `asked` is the number that a person has set; it is used as it is.
    """
    # Rounded up: a worker more keeps a core busy that would be half idle, and costs nothing but memory.
    by_cores = max(1, math.ceil(machine.cores / needs.cores))
    by_memory = max(1, machine.free_bytes // needs.memory_bytes)
    workers = asked or min(by_cores, by_memory)
    return WorkerPlan(
        workers=workers,
        threads=max(1, machine.cores // workers),
        why=_why(machine, needs, asked, fit=by_memory, bound=by_memory < by_cores),
        cores=machine.cores,
    )


def _why(machine: Machine, needs: WorkerNeeds, asked: int, *, fit: int, bound: bool) -> str:
    free, each = f"{machine.free_bytes / 1e9:.1f} GB of memory are free", f"{needs.memory_bytes / 1e9:.1f} GB"
    if asked:
        too_many = f", but {free}, and each worker takes up to {each}" if asked > fit else ""
        return f"set by hand{too_many}"
    if bound:
        return f"{free}, and each worker takes up to {each}"
    cores = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
    return f"{cores}, of which each worker keeps {needs.cores:g} busy"


def thread_limits(threads: int) -> dict[str, str]:
    """Environment variables that limit each library's own thread pool, where they are set before it loads."""
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))


def this_machine(root: Path = ROOT) -> Machine:
    """The cores and the free memory of this machine, or of the container that this process runs in."""
    free = [psutil.virtual_memory().available, *_free_in_cgroups(root)]
    return Machine(cores=usable_cores(root), free_bytes=max(0, min(free)))


def usable_cores(root: Path = ROOT) -> int:
    """Cores that this process may use: those that it may run on, or as many as its cgroups have time of."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *map(math.ceil, _cores_of_cgroups(root))]))


def _free_in_cgroups(root: Path) -> Iterator[int]:
    """What is left of the memory limit of each cgroup around this process. Cached files that were not used lately
    count as free."""
    names = {2: ("memory.max", "memory.current"), 1: ("memory.limit_in_bytes", "memory.usage_in_bytes")}
    for version, folder in _cgroups(root, "memory"):
        limit, used = (_number(folder / name) for name in names[version])
        if limit is not None and limit < _NO_LIMIT_BYTES:
            cached = _of_table(folder / "memory.stat", "inactive_file" if version == 2 else "total_inactive_file")
            yield int(limit - (used or 0) + cached)


def _cores_of_cgroups(root: Path) -> Iterator[float]:
    """How many cores' time each cgroup around this process may use."""
    for version, folder in _cgroups(root, "cpu"):
        if version == 2:
            quota, _, period = _text(folder / "cpu.max").partition(" ")
        else:
            quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period):
            yield int(quota) / int(period)


def _cgroups(root: Path, controller: str) -> Iterator[tuple[int, Path]]:
    """The version and the folder of each cgroup that this process is in and whose limits hold for it.

    Inside a container the mounted folder may be the process's own group, whatever path the system states: groups that
    are not there are passed over, and the mounted one is always among them.
    """
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and controller not in controllers.split(","):
            continue
        version, top = (1, root / CGROUPS / controller) if controllers else (2, root / CGROUPS)
        own = top / path.lstrip("/")
        yield from ((version, folder) for folder in (own, *own.parents) if folder.is_relative_to(top))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdecimal() else None


def _of_table(path: Path, name: str) -> int:
    rows = (line.split() for line in _text(path).splitlines())
    return next((int(row[1]) for row in rows if len(row) == 2 and row[0] == name and row[1].isdecimal()), 0)
