"""Whatever a step raises or makes, a job ends with an outcome for every item, and none takes another's result.

Over a real store whose table refuses what does not fit; many jobs in this process, some through real workers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.workflows.jobs import kinds
from app.workflows.jobs.kinds import JobKind
from app.workflows.jobs.supervisor import Supervisor
from engine.runtime.spec import Item, JobSpec, StepSettings
from engine.settings.jobs import JobSettings, RuntimeSettings
from storage import Workspace
from storage.errors import DiskFull, StorageError
from tests.app.workflows.in_process import InProcess
from tests.engine.runtime.misbehaviour import BAD, FATAL, GOOD, REFUSED, SKIPPING, BehaviourPayload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.runtime.shards import ShardFolder
    from storage.jobs import Job, Outcome
    from tests.app.workflows.conftest import Bench

KIND = "misbehaves"
FAILING = {*BAD, *REFUSED, *FATAL}


def take_in(workspace: Workspace, _settings: StepSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Put rows into a table that refuses what does not fit."""
    workspace.database.write_arrow("INSERT INTO kept BY NAME SELECT * FROM incoming", shard.table("made"))
    return []


MISBEHAVES = JobKind(kind=KIND, settings=StepSettings, payload=BehaviourPayload, apply=take_in)


def make_table(workspace: Workspace) -> None:
    """The table that results go to; it has no key, so that a result taken twice is there twice."""
    workspace.database.write("CREATE TABLE IF NOT EXISTS kept (item TEXT, value INTEGER)")


def spec_of(behaviours: list[str]) -> JobSpec:
    """One item a behaviour."""
    return JobSpec(KIND, tuple(Item(f"{n:02d} {what}", BehaviourPayload(do=what)) for n, what in enumerate(behaviours)))


def check(workspace: Workspace, job: Job, spec: JobSpec) -> None:
    """The two promises."""
    wanted = {item.key: item.payload.do for item in spec.items if isinstance(item.payload, BehaviourPayload)}
    assert (job.state, job.message) == ("done", "")
    outcomes = workspace.jobs.outcomes(job.job_id)
    assert outcomes == {
        key: "failed" if what in FAILING else "skipped" if what in SKIPPING else "done" for key, what in wanted.items()
    }
    reasons = {failure.item: failure.error for failure in workspace.jobs.failures(job.job_id)}
    assert set(reasons) == {key for key, what in wanted.items() if what in FAILING}
    assert all(reason.strip() for reason in reasons.values())
    kept = workspace.database.rows("SELECT item, value FROM kept ORDER BY item")
    assert kept == [{"item": key, "value": len(key)} for key, what in sorted(wanted.items()) if what in GOOD]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Supervisor]]:
    """A workspace whose jobs run in this process."""
    with Workspace(tmp_path_factory.mktemp("stage") / "w") as workspace, pytest.MonkeyPatch.context() as patch:
        built_in = kinds.BuiltIn(f"{__name__}:MISBEHAVES", "tests.engine.runtime.misbehaviour:Misbehaves")
        patch.setitem(kinds.BUILT_IN, KIND, built_in)
        make_table(workspace)
        workspace.settings.save(JobSettings(runtime=RuntimeSettings(workers=2)))
        supervisor = Supervisor(workspace, lambda _limits: InProcess())
        yield workspace, supervisor
        supervisor.close()


@settings(max_examples=25)
@given(behaviours=st.lists(st.sampled_from([*GOOD, *BAD, *SKIPPING, *REFUSED]), max_size=10))
def test_every_item_of_every_job_ends_with_an_outcome(
    stage: tuple[Workspace, Supervisor], behaviours: list[str]
) -> None:
    workspace, supervisor = stage
    workspace.database.write("DELETE FROM kept")
    spec = spec_of(behaviours)
    check(workspace, supervisor.wait(supervisor.submit("Anything", spec), 60), spec)


@pytest.mark.parametrize("what", list(REFUSED))
def test_rows_that_the_store_refuses_fail_their_own_item(stage: tuple[Workspace, Supervisor], what: str) -> None:
    workspace, supervisor = stage
    workspace.database.write("DELETE FROM kept")
    spec = spec_of(["nothing", what, "nothing"])
    job = supervisor.wait(supervisor.submit("Refused", spec), 60)
    check(workspace, job, spec)
    (failure,) = workspace.jobs.failures(job.job_id)
    assert failure.error.startswith("Its results can't be taken in: ")
    assert ("out of range" in failure.error) or ("colour" in failure.error)


def test_a_shard_that_is_taken_in_singly_is_taken_once_although_the_disk_fills_up_midway(
    stage: tuple[Workspace, Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resume must not take the shard as a whole, even if the store would take it now."""
    workspace, supervisor = stage
    workspace.database.write("DELETE FROM kept")
    real = workspace.jobs.ingest

    def refuse_the_whole_and_fill_up(job_id: int, shard: str, *rest: Any) -> bool:
        if shard.endswith("#1"):
            raise DiskFull("the disk is full.")
        if "#" not in shard:
            raise StorageError("refused as a whole")
        return real(job_id, shard, *rest)

    spec = JobSpec(
        KIND, tuple(Item(f"{n:02d} nothing", BehaviourPayload(do="nothing"), group="one part") for n in range(3))
    )
    with monkeypatch.context() as patch:
        patch.setattr(workspace.jobs, "ingest", refuse_the_whole_and_fill_up)
        job = supervisor.wait(supervisor.submit("Fills up", spec), 60)
    assert (job.state, job.message) == ("failed", "the disk is full.")
    assert len(workspace.database.rows("FROM kept")) == 1
    supervisor.resume(job.job_id)
    check(workspace, supervisor.wait(job.job_id, 60), spec)


def test_through_real_workers_nothing_takes_anything_along(bench: Bench) -> None:
    make_table(bench.workspace)
    bench.limit(tries=1)
    spec = spec_of(
        [
            *(
                "nothing",
                "SystemExit",
                "leave",
                "a file that never comes",
                "str() raises",
                "rows that no Parquet holds",
            ),
            *("nothing", "a value that the store refuses", "a shared name", "a shared name", "a shared folder", "skip"),
            *("a lone surrogate", "KeyboardInterrupt", "recursion", "MemoryError", "progress nan", "nothing"),
        ]
    )
    check(bench.workspace, bench.wait(bench.supervisor.submit("Anything", spec)), spec)
