"""Two lanes: a quick job never waits behind a long one, and each lane keeps its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.workflows.jobs import supervisor
from app.workflows.jobs.kinds import BUILT_IN, job_kind, lane_of
from app.workflows.jobs.supervisor import Supervisor
from engine.runtime.machine import Machine
from tests.app.workflows import scripted
from tests.app.workflows.waiting import until
from tests.app.workflows.worker_processes import workers_of

if TYPE_CHECKING:
    from tests.app.workflows.conftest import Bench

QUICK = {
    *("clips", "export", "export_parts", "export_set", "import", "look_again", "map", "near_duplicates"),
    *("pictures", "previews", "receive", "score", "unpack"),
}
FOREVER: list[tuple[str, Any]] = [("work", 600)]


def quick(bench: Bench, items: dict[str, list[tuple[str, Any]]], **more: Any) -> int:
    """Queue a job in the quick lane."""
    return bench.submit(items, kind=scripted.QUICK, **more)


def test_every_kind_has_the_lane_that_the_design_gives_it() -> None:
    assert {name for name in BUILT_IN if job_kind(name).lane == "quick"} == QUICK
    assert lane_of("a kind of another version") == "long"


def test_a_quick_job_ends_while_a_long_one_runs(bench: Bench) -> None:
    long = bench.submit({"a": FOREVER})
    until(lambda: bench.begun() == ["a"])
    behind = bench.submit({"b": []})
    assert bench.wait(quick(bench, {"c": []})).state == "done"
    assert bench.workspace.jobs.get(long).state == "running"
    assert bench.workspace.jobs.get(behind).state == "queued"
    assert bench.made() == ["c"]


def test_a_queued_job_knows_what_it_waits_for_in_its_own_lane(bench: Bench) -> None:
    first = bench.submit({"a": FOREVER})
    until(lambda: bench.begun() == ["a"])
    second, third = bench.submit({"b": []}), bench.submit({"c": []})
    running = quick(bench, {"d": FOREVER})
    until(lambda: "d" in bench.begun())
    other = quick(bench, {"e": []})
    assert bench.supervisor.ahead_of(third) == [first, second]
    assert bench.supervisor.ahead_of(other) == [running]
    assert bench.supervisor.ahead_of(first) == []


def test_the_cores_are_shared_out_among_the_workers_of_a_job(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "this_machine", lambda: Machine(cores=8, free_bytes=1_600_000_000))
    bench.limit(workers=0)
    assert bench.run({name: [("note_threads", None)] for name in "abcde"}).done == 5
    pids = bench.workspace.database.rows("SELECT DISTINCT pid FROM made")
    assert len(pids) == 3, "as many as fit into the memory"
    assert {line for line in bench.begun() if "threads" in line} == {"2 threads, OpenMP 2"}
    bench.limit(workers=2)
    before = len(bench.begun())
    assert bench.run({name: [("note_threads", None)] for name in "fghij"}).done == 5
    assert {line for line in bench.begun()[before:] if "threads" in line} == {"4 threads, OpenMP 4"}


def test_cancelling_in_one_lane_leaves_the_other_alone(bench: Bench) -> None:
    long, short = bench.submit({"a": FOREVER}), quick(bench, {"b": [("work", 2.0)]})
    until(lambda: sorted(bench.begun()) == ["a", "b"])
    bench.supervisor.cancel(long)
    assert bench.wait(long).state == "cancelled"
    assert bench.wait(short).state == "done"
    assert bench.made() == ["b"]


def test_what_follows_a_quick_job_runs_beside_a_long_one(bench: Bench) -> None:
    bench.submit({"a": FOREVER})
    until(lambda: bench.begun() == ["a"])
    job = quick(bench, {"b": []}, follow=True)
    bench.wait(job)
    # The scripted follower is of the long lane: it waits there.
    follower = bench.workspace.jobs.get(bench.supervisor.with_followers(job)[1])
    assert follower.state == "queued"


def test_a_worker_killed_in_one_lane_costs_the_other_nothing(bench: Bench) -> None:
    long = bench.submit({"a": [("work", 3.0)], "b": []})
    short = quick(bench, {"c": [("die_once", str(bench.folder / "died"))], "d": []})
    until(lambda: "a" in bench.begun())
    assert bench.wait(short).done == 2
    job = bench.wait(long)
    assert (job.state, job.done) == ("done", 2)
    assert bench.made() == ["a", "b", "c", "d"]
    assert bench.begun().count("a") == 1


def test_closing_with_both_lanes_at_work_interrupts_both_and_resume_does_the_rest(bench: Bench) -> None:
    long = bench.submit({"a": [("work", 1.1)], "b": [("work", 1.0)], "c": []})
    short = quick(bench, {"p": [("work", 1.1)], "q": [("work", 1.0)], "r": []})
    until(lambda: {"b", "q"} <= set(bench.begun()))
    bench.supervisor.close()
    assert [bench.workspace.jobs.get(job).state for job in (long, short)] == ["interrupted", "interrupted"]
    assert workers_of(bench.workspace.paths.jobs) == []
    again = Supervisor(bench.workspace)
    try:
        for job in (long, short):
            again.resume(job)
        assert [again.wait(job, 60).state for job in (long, short)] == ["done", "done"]
    finally:
        again.close()
    assert bench.made() == ["a", "b", "c", "p", "q", "r"]
    assert bench.begun().count("a") == bench.begun().count("p") == 1


def test_a_quick_job_has_a_quarter_of_the_workers_beside_a_long_one_and_all_of_them_alone(bench: Bench) -> None:
    bench.limit(workers=4)
    items = {f"i{n}": [("work", 1.0)] for n in range(4)}
    alone = quick(bench, items)
    until(lambda: len(bench.begun()) == 4)
    assert len(list(bench.workspace.paths.job(alone).glob("part-*"))) == 4
    bench.wait(alone)
    long = bench.submit({f"l{n}": FOREVER for n in range(4)})
    until(lambda: len(bench.begun()) == 8)
    beside = quick(bench, {f"j{n}": [] for n in range(4)})
    bench.wait(beside)
    assert len(list(bench.workspace.paths.job(beside).glob("part-*"))) == 1
    assert len(workers_of(bench.workspace.paths.job(long))) == 4


LANE_ORDERS = st.lists(st.sampled_from([scripted.KIND, scripted.QUICK]), min_size=1, max_size=7)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=LANE_ORDERS, cancelled=st.sets(st.integers(0, 6)))
def test_each_lane_keeps_its_order_and_every_job_has_its_turn(
    bench: Bench, kinds: list[str], cancelled: set[int]
) -> None:
    """Whatever is queued where and whatever is cancelled: what was not ends, in order within its lane, once."""
    base = len(bench.begun())
    names = [f"job-{base}-{number}" for number in range(len(kinds))]
    ids = [bench.submit({names[number]: [("work", 0.05)]}, kind=kind) for number, kind in enumerate(kinds)]
    for number in cancelled:
        if number < len(ids):
            bench.supervisor.cancel(ids[number])
    assert bench.supervisor.wait_idle(60)
    ended = [bench.workspace.jobs.get(job) for job in ids]
    begun = bench.begun()[base:]
    for number, job in enumerate(ended):
        assert job.state == "done" or (job.state == "cancelled" and number in cancelled)
        assert job.state != "done" or begun.count(names[number]) == 1
    for kind in (scripted.KIND, scripted.QUICK):
        mine = [names[number] for number, each in enumerate(kinds) if each == kind]
        assert [name for name in begun if name in mine] == [name for name in mine if name in begun]


def test_the_stage_in_hand_and_its_place_reach_the_page(bench: Bench) -> None:
    job_id = bench.submit({"a": [("staged", 4.0)]})
    seen: set[tuple[str, int, int]] = set()

    def both() -> bool:
        live = bench.supervisor.live(bench.workspace.jobs.get(job_id))
        if live is not None and live.stage is not None:
            seen.add((live.stage.name, live.stage.number, live.stage.count))
            assert live.left_of_stage == (live.stage.number == 1)
            assert 0 <= live.stage.share <= 1
        return len(seen) == 2

    until(both)
    assert seen == {("reading", 1, 2), ("fitting", 2, 2)}
