"""How many workers share a job, on made-up machines: few cores and many, little memory, and within a container."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from engine.runtime.machine import (
    Machine,
    WorkerNeeds,
    WorkerPlan,
    plan_workers,
    this_machine,
    thread_limits,
    usable_cores,
)

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000
EXTRACT = WorkerNeeds(cores=1.5, memory_bytes=2 * GB)
OWN = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("cores", "free_gb", "workers", "threads"),
    [
        (1, 100, 1, 1),
        (2, 16, 2, 1),
        (4, 16, 3, 1),
        (16, 64, 11, 1),
        (64, 512, 43, 1),
        (2, 3, 1, 2),
        (16, 8.5, 4, 4),
        (64, 16, 8, 8),
        (16, 1, 1, 16),
        (4, 0, 1, 4),
    ],
)
def test_an_extraction_fills_the_cores_as_far_as_memory_goes(
    cores: int, free_gb: float, workers: int, threads: int
) -> None:
    plan = plan_workers(Machine(cores=cores, free_bytes=int(free_gb * GB)), EXTRACT)
    assert (plan.workers, plan.threads) == (workers, threads)
    assert plan.workers * plan.threads <= max(cores, plan.workers), "threads of all workers are at most the cores"


def test_work_of_one_thread_gets_a_worker_a_core() -> None:
    assert plan_workers(Machine(cores=16, free_bytes=64 * GB), WorkerNeeds()) == WorkerPlan(
        workers=16, threads=1, why="16 cores, of which each worker keeps 1 busy", cores=16
    )


def test_a_number_set_by_hand_is_used_and_what_it_costs_is_stated() -> None:
    machine = Machine(cores=16, free_bytes=5 * GB)
    assert plan_workers(machine, EXTRACT, asked=2) == WorkerPlan(workers=2, threads=8, why="set by hand", cores=16)
    plan = plan_workers(machine, EXTRACT, asked=30)
    assert (plan.workers, plan.threads) == (30, 1)
    assert plan.why == "set by hand, but 5.0 GB of memory are free, and each worker takes up to 2.0 GB"


def test_the_cores_are_shared_among_the_workers_that_have_something_to_do() -> None:
    plan = plan_workers(Machine(cores=16, free_bytes=64 * GB), EXTRACT)
    assert [plan.threads_of(parts) for parts in (1, 2, 5, 11)] == [16, 8, 3, 1]
    assert WorkerPlan(workers=1, threads=0).threads_of(1) == 0
    assert WorkerPlan(workers=2, threads=4, why="one for each graphics card").threads_of(1) == 4


def test_it_is_said_whether_cores_or_memory_decide() -> None:
    assert plan_workers(Machine(cores=1, free_bytes=5 * GB), EXTRACT).why == (
        "1 core, of which each worker keeps 1.5 busy"
    )
    assert plan_workers(Machine(cores=16, free_bytes=5 * GB), EXTRACT).why == (
        "5.0 GB of memory are free, and each worker takes up to 2.0 GB"
    )


def lay(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V2 = "sys/fs/cgroup/user.slice/job"


def test_limits_of_cgroups_of_version_2_hold_with_those_around_them(tmp_path: Path) -> None:
    root = lay(
        tmp_path,
        {
            "proc/self/cgroup": "0::/user.slice/job\n",
            f"{V2}/memory.max": "max\n",
            f"{V2}/cpu.max": "max 100000\n",
            "sys/fs/cgroup/user.slice/memory.max": "3000000\n",
            "sys/fs/cgroup/user.slice/memory.current": "2500000\n",
            "sys/fs/cgroup/user.slice/memory.stat": "anon 500000\ninactive_file 1500000\n",
            "sys/fs/cgroup/user.slice/cpu.max": "50000 100000\n",
        },
    )
    assert this_machine(root) == Machine(cores=1, free_bytes=2_000_000)


def test_limits_of_cgroups_of_version_1_hold_where_the_container_sees_only_its_own(tmp_path: Path) -> None:
    root = lay(
        tmp_path,
        {
            "proc/self/cgroup": "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "4000000\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000\n",
            "sys/fs/cgroup/memory/memory.stat": "total_inactive_file 500000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "30000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert this_machine(root) == Machine(cores=1, free_bytes=3_500_000)


def test_memory_that_is_used_up_is_none_and_leaves_one_worker(tmp_path: Path) -> None:
    group = "sys/fs/cgroup"
    files = {"proc/self/cgroup": "0::/\n", f"{group}/memory.max": "1000", f"{group}/memory.current": "2000"}
    machine = this_machine(lay(tmp_path, files))
    assert machine.free_bytes == 0
    assert plan_workers(machine, EXTRACT).workers == 1


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/\n"},
        {"proc/self/cgroup": "nonsense\n::\n7:memory\n"},
        {
            "proc/self/cgroup": "9:memory:/\n8:cpu:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "\xff", "sys/fs/cgroup/cpu.max": "1e5 0"},
    ],
)
def test_without_limits_the_whole_machine_counts(tmp_path: Path, files: dict[str, str]) -> None:
    root = lay(tmp_path, files)
    assert usable_cores(root) == len(OWN)
    assert this_machine(root).free_bytes > 10_000_000


def test_thread_pools_of_all_libraries_are_limited() -> None:
    assert thread_limits(3) == {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "MKL_NUM_THREADS": "3"}
