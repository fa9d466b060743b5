"""Workers that die or hang cost their item at most, and the job goes on. Real worker processes throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.app.workflows.waiting import until
from tests.app.workflows.worker_processes import workers_of

if TYPE_CHECKING:
    from tests.app.workflows.conftest import Bench


# --- workers that die ------------------------------------------------------------------------------------------------


def test_a_worker_killed_in_mid_item_is_replaced_and_the_item_tried_again(bench: Bench) -> None:
    marker = str(bench.folder / "died")
    job = bench.run({"a": [], "b": [("die_once", marker)], "c": []})
    assert (job.state, job.done, job.failed) == ("done", 3, 0)
    assert bench.made() == ["a", "b", "c"]
    assert bench.begun().count("b") == 2
    (warning,) = bench.warnings(job)
    assert warning.startswith("b: the worker was ended by SIGKILL")


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSEGV", "SIGABRT"])
def test_an_item_that_kills_its_worker_twice_is_not_tried_again(bench: Bench, how: str) -> None:
    job = bench.run({"a": [], "b": [("die", how)], "c": [], "d": []})
    assert (job.state, job.done, job.failed) == ("done", 3, 1)
    assert how in bench.failures(job)["b"]
    assert "2 times" in bench.failures(job)["b"]
    assert bench.begun().count("b") == 2
    assert bench.made() == ["a", "c", "d"]


def test_a_worker_that_walks_out_is_no_end_of_the_job(bench: Bench) -> None:
    job = bench.run({"a": [], "b": [("leave", 0)], "c": [("leave", 5)], "d": []})
    assert (job.done, job.failed) == (2, 2)
    assert "ended without finishing" in bench.failures(job)["b"]
    assert "exit status 5" in bench.failures(job)["c"]
    assert bench.made() == ["a", "d"]


def test_a_worker_killed_from_outside_costs_no_result(bench: Bench) -> None:
    items: dict[str, list[tuple[str, Any]]] = {f"i{n:02d}": [("work", 0.15)] for n in range(12)}
    job_id = bench.submit(items)
    for count in (3, 9):
        until(lambda count=count: len(bench.begun()) >= count)
        for process in workers_of(bench.workspace.paths.job(job_id)):
            process.kill()
    job = bench.wait(job_id)
    assert (job.state, job.done, job.failed) == ("done", 12, 0)
    assert bench.made() == sorted(items)


def test_a_shard_whose_worker_died_before_naming_it_is_taken_in_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shard is renamed into place, then the process is killed: nothing was said of it."""
    from app.workflows.jobs import job_run

    real = job_run.JobRun._handle

    def deaf_to_shards(self: Any, part: Any, event: Any) -> None:
        if type(event).__name__ != "Shard":
            real(self, part, event)

    monkeypatch.setattr(job_run.JobRun, "_handle", deaf_to_shards)
    job = bench.run({"a": [("work", 1.2)], "b": [("die", "SIGKILL")], "c": []})
    assert (job.done, job.failed) == (2, 1)
    assert bench.made() == ["a", "c"]
    assert bench.begun().count("a") == 1


# --- workers with several items in hand ------------------------------------------------------------------------------


def test_of_several_items_in_hand_only_the_one_that_ends_the_worker_fails(bench: Bench) -> None:
    items: dict[str, list[tuple[str, Any]]] = {f"i{n}": [("work", 0.5)] for n in range(6)}
    items["bad"] = [("work", 0.1), ("die", "SIGKILL")]
    job = bench.run(items, at_once=3)
    assert (job.state, job.done, job.failed) == ("done", 6, 1)
    assert "SIGKILL" in bench.failures(job)["bad"]
    assert bench.made() == [f"i{n}" for n in range(6)]
    assert sum("one by one" in warning for warning in bench.warnings(job)) == 1
    # The third try of the guilty one's neighbours is not needed, and the others wait until it is found.
    assert bench.begun().count("bad") == 3


def test_several_items_in_hand_are_all_shown_and_a_silent_one_is_found(bench: Bench) -> None:
    bench.limit(stall_timeout_s=1.5, tries=1)
    job_id = bench.submit({"a": [("work", 4)], "b": [("hang", 60)], "c": [("work", 4)]}, at_once=3)
    job = bench.workspace.jobs.get(job_id)
    until(lambda: (live := bench.supervisor.live(job)) is not None and live.current == ("a", "b", "c"))
    job = bench.wait(job_id)
    assert (job.done, job.failed) == (2, 1)
    assert "No progress" in bench.failures(job)["b"]
    assert bench.begun().count("b") == 1


# --- workers that hang -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["hang", "repeat_itself"])
def test_an_item_without_progress_is_given_up(bench: Bench, how: str) -> None:
    bench.limit(stall_timeout_s=1.0)
    job = bench.run({"a": [], "b": [(how, 600)], "c": []})
    assert (job.done, job.failed) == (2, 1)
    assert "o progress for 1 s" in bench.failures(job)["b"]
    assert bench.made() == ["a", "c"]


def test_a_slow_item_that_shows_progress_is_left_alone(bench: Bench) -> None:
    bench.limit(stall_timeout_s=1.0)
    job = bench.run({"a": [("work", 2.5)]})
    assert (job.done, job.failed) == (1, 0)
    assert bench.begun() == ["a"]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["hold_the_lock", "backtrack"])
def test_a_worker_that_shows_no_sign_of_life_is_given_up(bench: Bench, how: str) -> None:
    bench.limit(heartbeat_timeout_s=3.0, tries=1)
    job = bench.run({"a": [], "b": [(how, None)], "c": []})
    assert (job.done, job.failed) == (2, 1)
    assert "o sign of life for 3 s" in bench.failures(job)["b"]
    assert bench.made() == ["a", "c"]
