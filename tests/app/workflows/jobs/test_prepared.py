"""What a job was prepared with reaches the taking in of its results, whatever becomes of the app in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.workflows.jobs import kinds
from app.workflows.jobs.job_run import INPUTS
from app.workflows.jobs.kinds import JobKind
from app.workflows.jobs.prepared import Prepared, keep_prepared, read_prepared
from app.workflows.jobs.supervisor import Supervisor
from engine.errors import JobError
from engine.runtime.shards import ShardWriter
from engine.runtime.spec import Item, ItemPayload, JobSpec, StepSettings, write_spec
from engine.runtime.step import Step
from tests.app.workflows.in_process import InProcess

if TYPE_CHECKING:
    from pathlib import Path

    from engine.runtime.shards import ShardFolder
    from engine.runtime.step import StepContext
    from storage import Workspace
    from storage.jobs import Job, Outcome

KIND = "told"


class Told(Prepared):
    """How many labels there were when the job was prepared."""

    labels: int


class Notes(Step[StepSettings, ItemPayload]):
    """Makes a row an item."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Needs what was prepared."""
        assert (self.inputs / "labels.txt").read_text() == "now"
        context.output.add_rows("made", [{"item": item.key}])


def prepare(workspace: Workspace, _settings: StepSettings, folder: Path) -> Told:
    """Count what is there, and write something for the workers."""
    (folder / "labels.txt").write_text("now")
    return Told(labels=int(workspace.database.scalar("SELECT labels FROM counted")))


def apply(workspace: Workspace, _settings: StepSettings, shard: ShardFolder, prepared: Told) -> list[Outcome]:
    """Keep each item with what its job was prepared with."""
    for row in shard.rows("made"):
        workspace.database.write("INSERT INTO noted VALUES (?, ?)", [row["item"], prepared.labels])
    return []


TOLD = JobKind(kind=KIND, settings=StepSettings, apply=apply, prepare=prepare, prepared=Told)


@pytest.fixture
def left(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> int:
    """A job of the items a and b that a dead app left: the results of a are on disk. There are 8 labels now."""
    monkeypatch.setitem(kinds.BUILT_IN, KIND, kinds.BuiltIn(f"{__name__}:TOLD", f"{__name__}:Notes"))
    workspace.database.write("CREATE TABLE noted (item TEXT, labels INTEGER)")
    workspace.database.write("CREATE TABLE counted AS SELECT 8 AS labels")
    job_id = workspace.jobs.create(KIND, "Told", 2)
    workspace.jobs.set_state(job_id, "running")
    folder = workspace.paths.job(job_id)
    folder.mkdir(parents=True)
    items = tuple(Item(key, ItemPayload()) for key in ("a", "b"))
    write_spec(JobSpec(KIND, items).written(), folder / "spec.json")
    writer = ShardWriter(folder / "part-1-001" / "shards")
    output = writer.begin("a")
    output.add_rows("made", [{"item": "a"}])
    output.seal()
    writer.commit(output)
    writer.flush()
    return job_id


def resume(workspace: Workspace, job_id: int) -> Job:
    """Go on with it in a new app."""
    supervisor = Supervisor(workspace, lambda _limits: InProcess())
    try:
        supervisor.resume(job_id)
        return supervisor.wait(job_id, 60)
    finally:
        supervisor.close()


def noted(workspace: Workspace) -> list[tuple[object, ...]]:
    """Item, and the labels that its job was prepared with."""
    return [tuple(row.values()) for row in workspace.database.rows("FROM noted ORDER BY item")]


def test_results_of_before_a_restart_keep_what_they_were_prepared_with(workspace: Workspace, left: int) -> None:
    folder = workspace.paths.job(left)
    keep_prepared(Told(labels=5), folder)
    assert resume(workspace, left).state == "done"
    assert noted(workspace) == [("a", 5), ("b", 8)]
    assert read_prepared(Told, folder) == Told(labels=8)
    assert not (folder / INPUTS).exists()


@pytest.mark.parametrize("text", [None, "{}", '{"labels": 5, "more": 1}', "{"])
def test_results_that_an_earlier_version_left_without_it_are_made_again(
    workspace: Workspace, left: int, text: str | None
) -> None:
    if text is not None:
        (workspace.paths.job(left) / "prepared.json").write_text(text)
    assert resume(workspace, left).state == "done"
    assert noted(workspace) == [("a", 8), ("b", 8)]
    warnings = [event.message for event in workspace.jobs.events(left) if event.level == "warning"]
    assert len(warnings) == 1
    assert "prepared.json" in warnings[0]
    assert "will be done again" in warnings[0]


def test_what_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"prepared\.json of the job can't be read"):
        read_prepared(Told, tmp_path)
