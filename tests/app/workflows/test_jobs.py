"""Jobs as they should go, and as items, workers and people make them go. Real worker processes throughout."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from app.workflows.supervisor import Supervisor, request_cancel
from engine.errors import JobError
from engine.runtime.spec import Item, JobSpec
from storage.errors import StorageError
from tests.app.workflows import scripted
from tests.app.workflows.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.workflows.conftest import Bench


def workers_of(folder: Path) -> list[psutil.Process]:
    """The worker processes of the jobs in `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "engine.worker" in line and any(part.startswith(str(folder)) for part in line):
            found.append(process)
    return found


def test_a_job_does_its_items_in_order_and_takes_their_results_in(bench: Bench) -> None:
    job = bench.run({"b": [], "a": [], "c": [("work", 0.1)]})
    assert (job.state, job.done, job.total, job.failed, job.skipped) == ("done", 3, 3, 0, 0)
    assert bench.begun() == ["b", "a", "c"]
    assert bench.made() == ["a", "b", "c"]
    assert bench.states(job) == ["queued", "running", "done"]
    assert job.started_at
    assert job.ended_at
    assert job.created_at <= job.started_at <= job.ended_at


def test_a_job_leaves_no_results_and_no_process_behind(bench: Bench) -> None:
    job = bench.run({"a": [("add_file", ["x.bin", 10])], "b": [("fail", "no")]})
    folder = bench.workspace.paths.job(job.job_id)
    assert [path for path in folder.rglob("*") if path.name.endswith((".tmp", ".parquet", ".bin"))] == []
    assert workers_of(folder) == []


def test_two_workers_share_a_job_and_keep_groups_together(bench: Bench) -> None:
    bench.limit(workers=2)
    items = [Item(f"{g}{n}", {"do": [["work", 0.05]]}, group=g) for g in "xy" for n in range(4)]
    spec = JobSpec(scripted.KIND, tuple(items), {"ledger": str(bench.folder / "ledger")})
    job = bench.wait(bench.supervisor.submit("Shared", spec))
    assert job.done == 8
    rows = bench.workspace.database.rows("SELECT DISTINCT left(item, 1) AS g, pid FROM made ORDER BY g")
    assert [row["g"] for row in rows] == ["x", "y"]
    assert rows[0]["pid"] != rows[1]["pid"]


def test_a_job_of_no_items_is_done(bench: Bench) -> None:
    assert bench.run({}).state == "done"


def test_an_item_with_nothing_to_do_is_skipped_with_its_reason(bench: Bench) -> None:
    job = bench.run({"a": [("skip", "not a video")], "b": [], "quiet": []})
    assert (job.state, job.done, job.skipped, job.failed) == ("done", 3, 2, 0)
    assert bench.workspace.jobs.skipped(job.job_id) == [("a", "not a video"), ("quiet", "known")]


def test_a_warning_is_kept_and_the_item_is_done(bench: Bench) -> None:
    job = bench.run({"a": [("warn", "3 frames are damaged")]})
    assert bench.warnings(job) == ["a: 3 frames are damaged"]
    assert bench.made() == ["a"]


def test_countless_warnings_are_cut_short(bench: Bench) -> None:
    job = bench.run({"a": [("warn_often", 3000)]})
    assert job.state == "done"
    assert len(bench.warnings(job)) == 1000
    assert bench.warnings(job)[-1] == "There are more warnings like these."


def test_a_foreseen_failure_costs_its_item_only(bench: Bench) -> None:
    job = bench.run({"a": [], "b": [("fail", "no video stream")], "c": []})
    assert (job.state, job.done, job.failed) == ("done", 2, 1)
    assert bench.failures(job) == {"b": "no video stream"}
    assert bench.made() == ["a", "c"]


def test_an_unforeseen_failure_costs_its_item_and_leaves_its_traceback_in_the_log(bench: Bench) -> None:
    job = bench.run({"a": [("stumble", "the missing key")], "b": []})
    assert bench.failures(job)["a"].startswith("Unexpected KeyError: 'the missing key'")
    log = bench.supervisor.log(job.job_id)
    assert "Traceback (most recent call last)" in log
    assert "in stumble" in log
    assert bench.made() == ["b"]


def test_a_failed_item_leaves_nothing_in_its_shard(bench: Bench) -> None:
    bench.run({"a": [("add_row", {"value": 1}), ("add_file", ["a.bin", 10]), ("fail", "late")]})
    assert bench.made() == []


def test_rows_that_no_table_can_hold_fail_their_own_item(bench: Bench) -> None:
    job = bench.run({"a": [], "b": [("add_unstorable", None)], "c": [("add_row", {"value": 1})]})
    assert list(bench.failures(job)) == ["b"]
    assert bench.made() == ["a", "c"]


def test_a_failure_may_say_anything(bench: Bench) -> None:
    messages = ["bytes \udcff\udc80 of a name", "a\0b", "ü🎥\n" * 3 + "end", "x" * 200_000, "'); DROP TABLE made; --"]
    job = bench.run({**{str(n): [("fail", message)] for n, message in enumerate(messages)}, "good": []})
    assert (job.state, job.failed) == ("done", len(messages))
    said = [message.encode("utf-8", "backslashreplace").decode() for message in messages]
    assert list(bench.failures(job).values()) == said
    assert bench.made() == ["good"]


def test_items_may_be_called_anything(bench: Bench) -> None:
    names = ["with space", "quote'\"", "new\nline", "emoji 🎥", "../up", "-dash", "per%cent", "x" * 5000, " "]
    job = bench.run({name: [] for name in names})
    assert job.done == len(names)
    assert bench.made() == sorted(names)


def test_junk_on_standard_output_goes_to_the_log_and_stops_nothing(bench: Bench) -> None:
    job = bench.run({"a": [("junk", None)], "b": []})
    assert (job.state, job.failed) == ("done", 0)
    assert bench.made() == ["a", "b"]
    log = bench.supervisor.log(job.job_id)
    assert "a library says hello" in log
    assert "printed by C" in log


def test_a_worker_runs_our_engine_whatever_lies_in_the_current_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for trap in ("engine", "psutil", "tests"):
        (tmp_path / trap).mkdir()
        (tmp_path / trap / "__init__.py").write_text("raise SystemExit('not ours')")
    (tmp_path / "json.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    assert bench.run({"a": []}).state == "done"


def test_an_unknown_kind_is_refused_at_once(bench: Bench) -> None:
    with pytest.raises(JobError, match="no kind of job called 'nonsense'"):
        bench.supervisor.submit("Nonsense", JobSpec("nonsense", (Item("a"),)))


@pytest.mark.parametrize(("how", "said"), [("foreseen", "the weights are not here"), ("unforeseen", "libGL.so.1")])
def test_a_step_that_can_not_get_ready_fails_the_job_with_the_reason(bench: Bench, how: str, said: str) -> None:
    spec = JobSpec("unprepared", (Item("a"), Item("b")), {"how": how})
    job = bench.wait(bench.supervisor.submit("Unprepared", spec))
    assert job.state == "failed"
    assert said in job.message
    assert (job.done, job.failed) == (0, 0)


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
    from app.workflows import job_run

    real = job_run.JobRun._handle

    def deaf_to_shards(self: Any, part: Any, event: Any) -> None:
        if type(event).__name__ != "Shard":
            real(self, part, event)

    monkeypatch.setattr(job_run.JobRun, "_handle", deaf_to_shards)
    job = bench.run({"a": [("work", 1.2)], "b": [("die", "SIGKILL")], "c": []})
    assert (job.done, job.failed) == (2, 1)
    assert bench.made() == ["a", "c"]
    assert bench.begun().count("a") == 1


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


# --- cancelling ------------------------------------------------------------------------------------------------------

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


def test_a_defect_in_taking_results_in_fails_the_job_and_ends_no_queue(bench: Bench) -> None:
    job = bench.run({"a": [], "b": []}, apply="stumble")
    assert job.state == "failed"
    assert "a defect in taking in" in job.message
    assert job.done == 0
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
