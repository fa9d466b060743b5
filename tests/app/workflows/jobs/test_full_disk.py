"""A full disk stops a job with a clear message; with room again, Resume completes it."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from app.workflows.jobs.supervisor import Supervisor
from engine.errors import HandpickedError
from storage import Workspace
from storage.errors import DiskFull
from tests.app.workflows import scripted
from tests.app.workflows.conftest import Bench
from tests.app.workflows.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("known_steps")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk needs root; the stand-in below covers the same ground")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def cramped(small_disk: Path, tmp_path: Path) -> Iterator[Bench]:
    """A bench whose workspace is on the small disk."""
    with Workspace(small_disk / "workspace") as workspace:
        scripted.make_table(workspace)
        supervisor = Supervisor(workspace)
        bench = Bench(workspace, supervisor, tmp_path)
        bench.limit()
        yield bench
        supervisor.close()


def fill(disk: Path) -> Path:
    """Leave no byte free; deleting the file that this returns makes room again."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(b"0" * 4096):
            pass
    return ballast


def test_a_disk_that_fills_up_fails_the_job_and_resume_completes_it(cramped: Bench, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"0" * 5_000_000)
    items: dict[str, list[tuple[str, Any]]] = {"a": [("work", 1.2)], "b": [("add_file", ["b.bin", 6_000_000])], "c": []}
    job = cramped.run(items)
    assert job.state == "failed"
    # The worker that fills the disk and the store, which records progress meanwhile, may each be the first to meet it.
    assert "No space left on device" in job.message or "is full" in job.message
    assert "resume" in job.message
    assert (job.done, job.failed) == (1, 0), "an item is not to blame for a full disk"
    assert cramped.made() == ["a"]
    ballast.unlink()
    cramped.supervisor.resume(job.job_id)
    job = cramped.wait(job.job_id)
    assert (job.state, job.done) == ("done", 3)
    assert cramped.made() == ["a", "b", "c"]


def test_a_disk_without_a_byte_free_ends_no_queue_and_loses_no_job(cramped: Bench, small_disk: Path) -> None:
    """Not even the job's end can be recorded, until there is room for it."""
    job_id = cramped.submit({"a": [("work", 1.2)], "b": [("work", 3)], "c": []})
    # Taken in and its folder gone: what is deleted after the disk was filled would make room again.
    until(lambda: "b" in cramped.begun() and cramped.made() == ["a"] and not list(small_disk.glob("**/manifest.json")))
    ballast = fill(small_disk)
    until(lambda: all(not lane.current or lane.current[1]._fatal for lane in cramped.supervisor._lanes.values()))
    ballast.unlink()
    job = cramped.wait(job_id)
    assert job.state == "failed"
    assert "full" in job.message or "No space left" in job.message
    cramped.supervisor.resume(job_id)
    job = cramped.wait(job_id)
    assert (job.state, job.done, job.failed) == ("done", 3, 0)
    assert cramped.made() == ["a", "b", "c"]


def test_a_job_that_can_not_be_written_down_is_refused(cramped: Bench, small_disk: Path) -> None:
    ballast = fill(small_disk)
    with pytest.raises(HandpickedError, match=r"full|No space"):
        cramped.submit({"a": []})
    ballast.unlink()
    assert cramped.run({"b": []}).state == "done"


def test_the_store_says_that_the_disk_is_full_and_goes_on_with_room(cramped: Bench, small_disk: Path) -> None:
    ballast = fill(small_disk)
    with pytest.raises(DiskFull, match="is full"):
        cramped.workspace.database.write("INSERT INTO made SELECT repeat('x', 10000), 1 FROM range(1000)")
    ballast.unlink()
    assert cramped.made() == []
    cramped.workspace.database.write("INSERT INTO made VALUES ('a', 1)")
    assert cramped.made() == ["a"]


def test_a_worker_that_finds_the_disk_full_fails_the_job_and_not_the_item(bench: Bench) -> None:
    """The same without a disk to fill: a step is told ENOSPC by the system."""
    job = bench.run({"a": [("work", 1.2)], "b": [("no_space", None)], "c": []})
    assert job.state == "failed"
    assert "No space left on device" in job.message
    assert (job.done, job.failed) == (1, 0)
    assert bench.made() == ["a"]
    assert "Traceback" in bench.supervisor.log(job.job_id)
