"""Jobs as they should go, and as their items make them go. Real worker processes throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import JobError
from engine.runtime.spec import Item, ItemPayload, JobSpec
from tests.app.workflows import scripted
from tests.app.workflows.steps import ScriptedPayload, ScriptedSettings, UnpreparedSettings
from tests.app.workflows.worker_processes import workers_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.workflows.conftest import Bench


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
    items = [Item(f"{g}{n}", ScriptedPayload(do=(("work", 0.05),)), group=g) for g in "xy" for n in range(4)]
    spec = JobSpec(scripted.KIND, tuple(items), ScriptedSettings(ledger=str(bench.folder / "ledger")))
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
        bench.supervisor.submit("Nonsense", JobSpec("nonsense", (Item("a", ItemPayload()),)))


@pytest.mark.parametrize(("how", "said"), [("foreseen", "the weights are not here"), ("unforeseen", "libGL.so.1")])
def test_a_step_that_can_not_get_ready_fails_the_job_with_the_reason(bench: Bench, how: str, said: str) -> None:
    spec = JobSpec("unprepared", (Item("a", ItemPayload()), Item("b", ItemPayload())), UnpreparedSettings(how=how))
    job = bench.wait(bench.supervisor.submit("Unprepared", spec))
    assert job.state == "failed"
    assert said in job.message
    assert (job.done, job.failed) == (0, 0)
