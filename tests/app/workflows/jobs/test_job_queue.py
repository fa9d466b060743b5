"""Jobs one after the other: the queue, trying again, resuming, closing, and the live view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.workflows.jobs.supervisor import Supervisor
from engine.errors import JobError
from storage.errors import StorageError
from tests.app.workflows.waiting import until
from tests.app.workflows.worker_processes import workers_of

if TYPE_CHECKING:
    from tests.app.workflows.conftest import Bench


# --- the queue -------------------------------------------------------------------------------------------------------


def test_two_queued_jobs_run_one_after_the_other(bench: Bench) -> None:
    first = bench.submit({"a": [("work", 0.4)], "b": [("work", 0.4)]})
    second = bench.submit({"c": [], "d": []})
    assert bench.workspace.jobs.get(second).state == "queued"
    bench.wait(first)
    bench.wait(second)
    assert bench.begun() == ["a", "b", "c", "d"]
    one, other = bench.workspace.jobs.get(first), bench.workspace.jobs.get(second)
    assert one.ended_at
    assert other.started_at
    assert one.ended_at <= other.started_at


def test_what_follows_a_job_is_queued_when_it_is_done(bench: Bench) -> None:
    job = bench.run({"a": []}, follow=True)
    assert bench.supervisor.wait_idle(60)
    following = bench.workspace.jobs.get(job.job_id + 1)
    assert (following.title, following.state) == ("What follows", "done")
    assert bench.made() == ["a", "follower"]


def test_a_job_is_there_only_with_its_specification(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that was killed in between left a job that could not be resumed."""

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as cut_short:
        cut_short.setattr("app.workflows.jobs.supervisor.write_spec", die)
        with pytest.raises(SystemExit):
            bench.submit({"a": []})
    assert not bench.workspace.jobs.find()
    assert bench.run({"a": []}).state == "done"


def test_nothing_follows_a_cancelled_job(bench: Bench) -> None:
    job_id = bench.submit({"a": [("work", 600)]}, follow=True)
    until(lambda: bench.begun() == ["a"])
    bench.supervisor.cancel(job_id)
    bench.wait(job_id)
    assert len(bench.workspace.jobs.find()) == 1


def test_a_defect_in_what_follows_ends_no_queue(bench: Bench) -> None:
    job = bench.run({"a": []}, follow="stumble")
    assert job.state == "done"
    assert "a defect in what follows" in job.message
    assert bench.run({"b": []}).state == "done"


def test_a_defect_in_taking_results_in_fails_the_items_with_the_reason_and_ends_no_queue(bench: Bench) -> None:
    job = bench.run({"a": [], "b": []}, apply="stumble")
    assert (job.state, job.done, job.failed) == ("done", 0, 2)
    assert all("a defect in taking in" in error for error in bench.failures(job).values())
    assert "RuntimeError: a defect in taking in" in bench.supervisor.log(job.job_id)
    assert workers_of(bench.workspace.paths.job(job.job_id)) == []
    assert bench.run({"c": []}).state == "done"


def test_settings_that_can_not_be_read_fail_the_job_and_end_no_queue(bench: Bench) -> None:
    path = bench.workspace.settings.path("jobs")
    good = path.read_text(encoding="utf-8")
    path.write_text("runtime:\n  worker: 3\n", encoding="utf-8")
    job = bench.run({"a": []})
    assert job.state == "failed"
    assert f"{path}:2" in job.message
    path.write_text(good, encoding="utf-8")
    bench.supervisor.resume(job.job_id)
    assert bench.wait(job.job_id).state == "done"


def test_a_job_whose_folder_is_gone_can_not_be_resumed(bench: Bench) -> None:
    job_id = bench.submit({"a": [("work", 600)]})
    until(lambda: bench.begun() == ["a"])
    bench.supervisor.cancel(job_id)
    bench.wait(job_id)
    (bench.workspace.paths.job(job_id) / "spec.json").unlink()
    with pytest.raises(JobError, match="can't be read as a job specification"):
        bench.supervisor.resume(job_id)
    assert bench.workspace.jobs.get(job_id).state == "cancelled"


# --- trying again ----------------------------------------------------------------------------------------------------


def test_failed_items_are_tried_again_and_only_those(bench: Bench) -> None:
    marker = bench.folder / "ready"
    job = bench.run({"a": [], "b": [("fail_until", str(marker))], "c": [("fail", "never")]})
    assert (job.done, job.failed) == (1, 2)
    marker.touch()
    assert bench.supervisor.retry_failed(job.job_id) == 2
    job = bench.wait(job.job_id)
    assert (job.state, job.done, job.failed) == ("done", 2, 1)
    assert bench.made() == ["a", "b"]
    assert bench.begun() == ["a", "b", "c", "b", "c"]


def test_there_is_nothing_to_try_again_where_nothing_failed(bench: Bench) -> None:
    job = bench.run({"a": []})
    bench.workspace.paths.job(job.job_id).joinpath("spec.json").unlink()  # as `jobs clean` does
    assert bench.supervisor.retry_failed(job.job_id) == 0
    assert bench.states(job) == ["queued", "running", "done"]


def test_only_what_stopped_early_can_be_resumed(bench: Bench) -> None:
    job = bench.run({"a": []})
    with pytest.raises(JobError, match="is done"):
        bench.supervisor.resume(job.job_id)
    running = bench.submit({"b": [("work", 600)]})
    until(lambda: "b" in bench.begun())
    with pytest.raises(JobError, match="is running"):
        bench.supervisor.resume(running)
    with pytest.raises(JobError, match="still running"):
        bench.supervisor.retry_failed(running)
    with pytest.raises(StorageError, match="no job 4711"):
        bench.supervisor.resume(4711)


def test_a_job_resumed_twice_at_once_runs_once(bench: Bench) -> None:
    job_id = bench.submit({"a": [("work", 600)]})
    until(lambda: bench.begun() == ["a"])
    bench.supervisor.cancel(job_id)
    bench.wait(job_id)
    bench.supervisor.resume(job_id)
    with pytest.raises(JobError):
        bench.supervisor.resume(job_id)


# --- closing ---------------------------------------------------------------------------------------------------------


def test_closing_marks_what_runs_and_what_waits_as_interrupted(bench: Bench) -> None:
    running = bench.submit({"a": [("work", 1.1)], "b": [("work", 1.0)], "c": []})
    waiting = bench.submit({"d": []})
    until(lambda: "b" in bench.begun())
    bench.supervisor.close()
    for job_id in (running, waiting):
        assert bench.workspace.jobs.get(job_id).state == "interrupted"
    assert workers_of(bench.workspace.paths.jobs) == []
    again = Supervisor(bench.workspace)
    try:
        assert again.interrupted == []
        again.resume(running)
        again.resume(waiting)
        assert again.wait(running, 60).state == "done"
        assert again.wait(waiting, 60).state == "done"
    finally:
        again.close()
    assert bench.made() == ["a", "b", "c", "d"]
    assert bench.begun().count("a") == 1


def test_live_progress_tells_what_is_in_hand(bench: Bench) -> None:
    job_id = bench.submit({"a": [], "b": [("work", 600)]})

    def in_hand() -> bool:
        live = bench.supervisor.live(bench.workspace.jobs.get(job_id))
        return live is not None and live.current == ("b",) and live.rss_bytes > 0 and "s left" in live.note

    until(in_hand)
    live = bench.supervisor.live(bench.workspace.jobs.get(job_id))
    assert live
    assert 0.0 <= live.fraction < 1.0
    bench.supervisor.cancel(job_id)
    job = bench.wait(job_id)
    assert bench.supervisor.live(job) is None


def test_the_live_view_may_be_asked_for_at_any_moment(bench: Bench) -> None:
    """Pages ask from their own threads while parts come and go."""
    bench.limit(workers=4, tries=1)
    job_id = bench.submit({f"i{n:02d}": [("leave", 1)] for n in range(12)})
    while bench.workspace.jobs.get(job_id).active:
        bench.supervisor.live(bench.workspace.jobs.get(job_id))
    assert bench.workspace.jobs.get(job_id).failed == 12
