"""A cancel takes effect at once, loses nothing that was finished, and leaves no job half ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from app.workflows.jobs.supervisor import request_cancel
from engine.errors import JobError
from tests.app.workflows.waiting import until
from tests.app.workflows.worker_processes import workers_of

if TYPE_CHECKING:
    from tests.app.workflows.conftest import Bench


CANCEL_BOUND_S = 2.0
"""The issue's own bound."""


@pytest.mark.parametrize(
    "last",
    [("work", 600), ("hang", 600), ("hold_the_lock", None), ("babble", 600), ("repeat_itself", 600)],
    ids=lambda last: last[0],
)
def test_a_cancel_takes_effect_in_two_seconds(bench: Bench, last: tuple[str, Any]) -> None:
    job_id = bench.submit({"a": [("work", 1.1)], "b": [last], "c": []})
    until(lambda: "b" in bench.begun())
    until(lambda: bench.made() == ["a"])
    before = time.monotonic()
    bench.supervisor.cancel(job_id)
    job = bench.wait(job_id)
    took = time.monotonic() - before
    assert job.state == "cancelled"
    assert took < CANCEL_BOUND_S
    assert bench.states(job)[-2:] == ["cancelling", "cancelled"]
    assert bench.made() == ["a"]
    assert workers_of(bench.workspace.paths.job(job_id)) == []


def test_a_cancelled_job_resumes_with_the_rest(bench: Bench) -> None:
    job_id = bench.submit({"a": [], "b": [("work", 1.1)], "c": [("work", 1.5)], "d": []})
    until(lambda: "c" in bench.begun())
    bench.supervisor.cancel(job_id)
    cancelled = bench.wait(job_id)
    assert (cancelled.state, cancelled.done) == ("cancelled", 2)
    bench.supervisor.resume(job_id)
    job = bench.wait(job_id)
    assert (job.state, job.done) == ("done", 4)
    assert bench.made() == ["a", "b", "c", "d"]
    assert bench.begun() == ["a", "b", "c", "c", "d"]


def test_what_a_cancelled_worker_had_finished_is_kept(bench: Bench) -> None:
    """The first item is done but not yet in a shard when the cancel comes."""
    job_id = bench.submit({"a": [], "b": [("work", 600)]})
    until(lambda: "b" in bench.begun())
    bench.supervisor.cancel(job_id)
    job = bench.wait(job_id)
    assert (job.state, job.done) == ("cancelled", 1)
    assert bench.made() == ["a"]


def test_a_queued_job_is_cancelled_before_it_starts(bench: Bench) -> None:
    first = bench.submit({"a": [("work", 600)]})
    second = bench.submit({"b": []})
    bench.supervisor.cancel(second)
    assert bench.wait(second).state == "cancelled"
    bench.supervisor.cancel(first)
    bench.wait(first)
    assert "b" not in bench.begun()
    bench.supervisor.resume(second)
    assert bench.wait(second).state == "done"


def test_another_process_asks_for_a_cancel_by_a_file(bench: Bench) -> None:
    first = bench.submit({"a": [("work", 600)]})
    second = bench.submit({"b": [("work", 600)]})
    until(lambda: "a" in bench.begun())
    request_cancel(bench.workspace.paths, second)
    request_cancel(bench.workspace.paths, first)
    assert bench.wait(first).state == "cancelled"
    assert bench.wait(second).state == "cancelled"


def test_an_old_request_does_not_cancel_a_resumed_job(bench: Bench) -> None:
    job_id = bench.submit({"a": [("work", 1.0)]})
    until(lambda: "a" in bench.begun())
    request_cancel(bench.workspace.paths, job_id)
    assert bench.wait(job_id).state == "cancelled"
    bench.supervisor.resume(job_id)
    assert bench.wait(job_id).state == "done"


def test_cancelling_what_has_ended_changes_nothing(bench: Bench) -> None:
    job = bench.run({"a": []})
    bench.supervisor.cancel(job.job_id)
    assert bench.workspace.jobs.get(job.job_id).state == "done"
    with pytest.raises(JobError, match="no job 4711"):
        request_cancel(bench.workspace.paths, 4711)


def test_a_cancel_at_the_last_moment_leaves_no_job_half_ended(bench: Bench) -> None:
    """However a cancel falls between a job's last message and its end, the job has ended and stays so."""
    for number in range(5):
        job_id = bench.submit({f"a{number}": []})
        until(lambda job_id=job_id: bench.workspace.jobs.get(job_id).done == 1)
        time.sleep(0.02 * number)
        bench.supervisor.cancel(job_id)
        assert bench.wait(job_id).state in ("done", "cancelled")
