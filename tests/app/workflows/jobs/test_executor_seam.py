"""What a job does with an executor that is not this machine: waits with it, splits as it says, survives its losses."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.workflows.jobs.kinds import BUILT_IN, MOST_FILES, job_kind, source_files
from app.workflows.jobs.supervisor import Supervisor
from engine.cancel import Cancelled
from engine.contracts.pictures import PreviewPayload
from engine.errors import JobError
from engine.runtime.executor import Ended, PartEvent
from engine.runtime.messages import Queued, Started
from engine.runtime.spec import Item, ItemPayload
from tests.app.workflows import scripted
from tests.app.workflows.conftest import Bench
from tests.app.workflows.in_process import InProcess
from tests.app.workflows.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from queue import Queue

    from engine.runtime.executor import JobAhead, RunningPart
    from engine.runtime.machine import WorkerPlan
    from storage import Workspace


class Elsewhere(InProcess):
    """Runs parts in threads, after whatever a test has happen first."""

    def __init__(self) -> None:
        self.parts = 1
        self.lost = 0
        self.lost_with = ""
        self.queued_s = 0.0
        self.refusal = ""
        self.waits_for_ever = False
        self.ahead: JobAhead | None = None
        self.started = 0
        self.closed = 0

    def ready(self, job: JobAhead, plan: WorkerPlan, cancelled: Callable[[], bool]) -> WorkerPlan:
        self.ahead = job
        if self.refusal:
            raise JobError(self.refusal)
        while self.waits_for_ever:
            if cancelled():
                raise Cancelled
            time.sleep(0.02)
        return replace(plan, workers=self.parts, why="elsewhere")

    def start(self, folder: Path, events: Queue[PartEvent]) -> RunningPart:
        self.started += 1
        if self.lost:
            self.lost -= 1
            if self.lost_with:
                events.put(PartEvent(folder, Started(self.lost_with)))
            events.put(PartEvent(folder, Ended("node b of the cluster is gone", machine_lost=True)))
            return Gone(folder)
        if self.queued_s:
            events.put(PartEvent(folder, Queued("a free place in the cluster")))
            threading.Timer(self.queued_s, super().start, (folder, events)).start()
            return Gone(folder)
        return super().start(folder, events)

    def close(self) -> None:
        self.closed += 1


class Gone:
    """A part without a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def cancel(self) -> None:
        """Nothing to ask."""

    def kill(self) -> None:
        """Nothing to kill."""


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
def bench(workspace: Workspace, tmp_path: Path, known_steps: None, elsewhere: Elsewhere) -> Iterator[Bench]:
    scripted.make_table(workspace)
    supervisor = Supervisor(workspace, lambda _where: elsewhere)
    made = Bench(workspace, supervisor, tmp_path)
    made.limit()
    yield made
    supervisor.close()


def test_a_job_is_split_as_its_executor_says_and_its_history_says_where_it_ran(
    bench: Bench, elsewhere: Elsewhere
) -> None:
    elsewhere.parts = 3
    job = bench.run({f"i{n}": [] for n in range(7)})
    assert (job.state, job.done) == ("done", 7)
    assert (elsewhere.started, elsewhere.closed) == (3, 1)
    assert elsewhere.ahead is not None
    assert elsewhere.ahead.step == "tests.app.workflows.steps:Scripted"
    assert elsewhere.ahead.settings["ledger"] == str(bench.folder / "ledger")
    assert "Runs elsewhere." in [event.message for event in bench.workspace.jobs.events(job.job_id)]


def test_lost_machines_do_not_say_that_workers_can_not_start(bench: Bench, elsewhere: Elsewhere) -> None:
    elsewhere.lost = 10
    job = bench.run({"a": [], "b": []})
    assert (job.state, job.done, job.failed) == ("done", 2, 0)
    assert elsewhere.started == 11
    lost = "Node b of the cluster is gone, with no item known to be in hand; another worker goes on."
    assert bench.warnings(job) == [lost] * 10


@pytest.mark.parametrize(("losses", "failed"), [(4, 0), (5, 1)])
def test_an_item_is_held_responsible_for_lost_machines_later_than_for_ended_workers(
    bench: Bench, elsewhere: Elsewhere, losses: int, failed: int
) -> None:
    bench.limit(tries=1)
    elsewhere.lost, elsewhere.lost_with = losses, "a"
    job = bench.run({"a": [], "b": []})
    assert (job.state, job.done, job.failed) == ("done", 2 - failed, failed)
    assert bench.warnings(job) == ["a: node b of the cluster is gone; it will be tried again."] * 4
    assert list(bench.failures(job).values()) == ["Node b of the cluster is gone, 5 times."] * failed


def note(bench: Bench, job_id: int) -> str:
    """What a job says of itself while it runs."""
    live = bench.supervisor.live(bench.workspace.jobs.get(job_id))
    return live.note if live else ""


def test_a_part_in_a_queue_passes_no_time_limit(bench: Bench, elsewhere: Elsewhere) -> None:
    bench.limit(heartbeat_timeout_s=3, stall_timeout_s=1)
    elsewhere.queued_s = 4.0
    job_id = bench.submit({"a": []})
    until(lambda: note(bench, job_id) == "1 part waits for a free place in the cluster")
    job = bench.wait(job_id)
    assert (job.state, job.done, elsewhere.started) == ("done", 1, 1)
    assert bench.warnings(job) == []


def test_a_refusal_is_the_job_s_message_and_nothing_has_begun(bench: Bench, elsewhere: Elsewhere) -> None:
    elsewhere.refusal = "node b of the cluster can't see '/data/epic'"
    job = bench.run({"a": []})
    assert (job.state, job.message, job.failed) == ("failed", elsewhere.refusal, 0)
    assert (elsewhere.started, elsewhere.closed) == (0, 1)
    elsewhere.refusal = ""
    bench.supervisor.resume(job.job_id)
    assert bench.wait(job.job_id).state == "done"


def test_a_cancel_does_not_wait_for_a_cluster_that_does_not_answer(bench: Bench, elsewhere: Elsewhere) -> None:
    elsewhere.waits_for_ever = True
    job_id = bench.submit({"a": []})
    until(lambda: note(bench, job_id) == "getting ready")
    bench.supervisor.cancel(job_id)
    job = bench.wait(job_id)
    assert (job.state, elsewhere.started, elsewhere.closed) == ("cancelled", 0, 1)


def test_some_files_of_a_long_job_are_looked_for_evenly_spread() -> None:
    kind = job_kind("previews")
    items: list[Item[ItemPayload]] = [
        Item(f"{n}", PreviewPayload(path=f"/data/{n}.mp4", video_id=f"{n}")) for n in range(1001)
    ]
    found = source_files(kind, items)
    assert len(found) <= MOST_FILES
    assert found[0] == "/data/0.mp4"
    assert int(found[-1].removesuffix(".mp4").rpartition("/")[2]) > 990
    assert source_files(kind, items[:1]) == ("/data/0.mp4",)
    assert source_files(job_kind("validate"), items) == ()


def test_what_goes_into_a_cluster_is_what_the_settings_and_docs_promise() -> None:
    """A kind is portable where its workers write nothing but their shards."""
    promised = {"ablate", "export", "export_parts", "extract", "import", "look_again", "pictures", "previews", "sample"}
    promised |= {"shots", "validate"}
    assert {name for name in BUILT_IN if job_kind(name).portable} == promised & BUILT_IN.keys()
