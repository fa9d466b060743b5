"""The app process is killed at any moment: nothing taken in is lost or doubled, and Resume does exactly the rest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from app.workflows.jobs.supervisor import Supervisor
from engine.runtime.shards import ShardFolder, ShardWriter, finished_shards
from engine.runtime.spec import write_spec
from engine.settings.jobs import JobSettings, RuntimeSettings
from storage import Workspace
from tests.app.workflows import scripted
from tests.app.workflows.steps import ScriptedSettings
from tests.app.workflows.waiting import until
from tests.app.workflows.worker_processes import workers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from storage.jobs import Job

pytestmark = pytest.mark.usefixtures("known_steps")

Items = dict[str, list[tuple[str, Any]]]


class LoneApp:
    """An app process over the workspace in `folder`, and what is left when it is gone.

    It runs a job of `items` and, in the other lane, one of `quick`, where there are any.
    """

    def __init__(
        self,
        folder: Path,
        items: Mapping[str, list[tuple[str, Any]]],
        quick: Mapping[str, list[tuple[str, Any]]] | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.root = folder / "workspace"
        with Workspace(self.root) as workspace:
            path = workspace.settings.path("jobs")
            path.write_text(path.read_text(encoding="utf-8").replace("workers: 0", "workers: 1"), encoding="utf-8")
        specs = [scripted.spec(folder, items, **settings)]
        specs += [scripted.spec(folder, quick, kind=scripted.QUICK)] if quick else []
        files = [folder / f"to-do-{number}.json" for number in range(len(specs))]
        for spec, file in zip(specs, files, strict=True):
            write_spec(spec.written(), file)
        command = [sys.executable, "-m", "tests.app.workflows.lone_app", str(self.root), *map(str, files)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.jobs: list[int] = [json.loads(self.process.stdout.readline())["job_id"] for _ in files]
        self.job_id = self.jobs[0]
        self.job_folder = self.root / "jobs" / f"{self.job_id:06d}"

    def begun(self) -> list[str]:
        return scripted.ledger(self.folder)

    def workers(self) -> list[psutil.Process]:
        return workers_of(self.root / "jobs")

    def kill(self) -> None:
        """End the app's process as the power button would; wait until its workers are gone too."""
        assert self.process.stdout
        self.process.kill()
        self.process.wait(30)
        self.process.stdout.close()

    def gone(self) -> None:
        """Wait until no worker is left."""
        until(lambda: not self.workers())

    @contextmanager
    def reopened(self) -> Iterator[tuple[Workspace, Supervisor]]:
        """The workspace in a new app."""
        with Workspace(self.root) as workspace:
            supervisor = Supervisor(workspace)
            yield workspace, supervisor
            supervisor.close()

    def resume(self) -> tuple[Job, list[str]]:
        """Open the workspace anew, resume the job; returns it and what was taken in."""
        with self.reopened() as (workspace, supervisor):
            assert supervisor.interrupted == [self.job_id]
            assert workspace.jobs.get(self.job_id).state == "interrupted"
            supervisor.resume(self.job_id)
            return supervisor.wait(self.job_id, 60), scripted.made(workspace)


@pytest.fixture
def lone_app(tmp_path: Path) -> Iterator[Any]:
    """Starts apps, and leaves none behind."""
    started: list[LoneApp] = []

    def start(items: Items, **settings: Any) -> LoneApp:
        started.append(LoneApp(tmp_path, items, **settings))
        return started[-1]

    yield start
    for app in started:
        app.kill()
        for worker in app.workers():
            worker.kill()


@pytest.mark.slow
def test_after_a_kill_in_mid_job_resume_does_exactly_the_rest(lone_app: Any) -> None:
    items: Items = {f"i{n}": [("work", 0.6)] for n in range(8)}
    app = lone_app(items)
    until(lambda: len(app.begun()) >= 5)
    app.kill()
    app.gone()
    begun = app.begun()
    with app.reopened() as (workspace, _):
        taken = set(scripted.made(workspace))
        assert workspace.jobs.get(app.job_id).done == len(taken)
    assert 0 < len(taken) < len(items)
    shards = [shard for part in app.job_folder.glob("part-*") for shard in finished_shards(part / "shards")]
    finished = {item for shard in shards for item in ShardFolder.open(shard).items}
    with app.reopened() as (workspace, supervisor):
        assert workspace.jobs.get(app.job_id).state == "interrupted"
        supervisor.resume(app.job_id)
        job = supervisor.wait(app.job_id, 60)
        assert (job.state, job.done, job.failed) == ("done", 8, 0)
        assert scripted.made(workspace) == sorted(items)
    again = app.begun()[len(begun) :]
    kept = taken | finished
    assert not set(again) & kept, "what was finished is not done again"
    assert sorted([*kept, *again]) == sorted(items)


@pytest.mark.parametrize("moment", range(3))
def test_a_kill_at_any_moment_loses_and_doubles_nothing(lone_app: Any, moment: int) -> None:
    items: Items = {f"i{n:02d}": [("work", 0.12)] for n in range(20)}
    app = lone_app(items)
    until(lambda: len(app.begun()) >= 2 + 7 * moment)
    app.kill()
    job, made = app.resume()
    assert (job.state, job.done, job.failed) == ("done", 20, 0)
    assert made == sorted(items)


def test_a_kill_with_both_lanes_at_work_interrupts_both_and_the_next_app_ends_the_worker_that_hangs(
    lone_app: Any,
) -> None:
    """A worker ends with its app, unless it hangs in C with the interpreter's lock held."""
    app = lone_app({"a": [("hold_the_lock", None)]}, quick={"b": [("hang", 600)]})
    until(lambda: sorted(app.begun()) == ["a", "b"])
    app.kill()
    until(lambda: len(app.workers()) == 1)
    with app.reopened() as (workspace, supervisor):
        assert sorted(supervisor.interrupted) == sorted(app.jobs)
        assert [workspace.jobs.get(job).state for job in app.jobs] == ["interrupted", "interrupted"]
        app.gone()


def test_the_app_is_killed_in_the_midst_of_taking_a_shard_in(lone_app: Any) -> None:
    app = lone_app({"a": [("work", 1.2)], "b": [("work", 600)]}, apply="die")
    until(lambda: app.process.poll() is not None)
    app.gone()
    with app.reopened() as (workspace, _):
        assert scripted.made(workspace) == []
        assert workspace.jobs.get(app.job_id).done == 0
    spec = json.loads((app.job_folder / "spec.json").read_text(encoding="utf-8"))
    spec["settings"]["apply"] = ""
    spec["items"][1]["payload"]["do"] = []
    (app.job_folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    with app.reopened() as (workspace, supervisor):
        supervisor.resume(app.job_id)
        assert supervisor.wait(app.job_id, 60).state == "done"
        assert scripted.made(workspace) == ["a", "b"]
    assert app.begun() == ["a", "b", "b"], "the finished shard was taken in, not made again"


def test_workers_go_with_their_app(lone_app: Any) -> None:
    app = lone_app({"a": [("hang", 600)]})
    until(app.begun)
    assert app.workers()
    app.kill()
    app.gone()


def test_a_worker_that_hangs_in_c_is_ended_when_the_workspace_is_opened_again(lone_app: Any) -> None:
    app = lone_app({"a": [("hold_the_lock", None)]})
    until(app.begun)
    (worker,) = app.workers()
    app.kill()
    with app.reopened() as (workspace, supervisor):
        assert supervisor.interrupted == [app.job_id]
        assert workspace.jobs.get(app.job_id).state == "interrupted"
        until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_a_stranger_under_an_old_worker_s_number_is_left_alone(tmp_path: Path, workspace: Workspace) -> None:
    scripted.make_table(workspace)
    job_id = workspace.jobs.create(scripted.KIND, "Old", 1)
    part = workspace.paths.job(job_id) / "part-1"
    part.mkdir(parents=True)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        (part / "worker.pid").write_text(str(stranger.pid), encoding="ascii")
        write_spec(scripted.spec(tmp_path, {"a": []}).written(), workspace.paths.job(job_id) / "spec.json")
        supervisor = Supervisor(workspace)
        supervisor.resume(job_id)
        assert supervisor.wait(job_id, 60).state == "done"
        supervisor.close()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


# --- what a dead app may leave in a job's folder ---------------------------------------------------------------------


def shard(folder: Path, items: list[str]) -> tuple[str, list[str]]:
    """Write a shard as a worker would."""
    writer = ShardWriter(folder)
    for item in items:
        output = writer.begin(item)
        output.add_rows("made", [{"item": item, "pid": 1}])
        output.seal()
        writer.commit(output)
    written = writer.flush()
    assert written
    return written


@pytest.fixture
def interrupted(tmp_path: Path, workspace: Workspace) -> Any:
    """A job of items a, b, c that a dead app left under way; `shards` is its shard folder, `resume()` goes on."""
    scripted.make_table(workspace)
    workspace.settings.save(JobSettings(runtime=RuntimeSettings(workers=1)))
    job_id = workspace.jobs.create(scripted.KIND, "Left", 3)
    workspace.jobs.set_state(job_id, "running")
    folder = workspace.paths.job(job_id)
    folder.mkdir(parents=True)
    write_spec(scripted.spec(tmp_path, {"a": [], "b": [], "c": []}).written(), folder / "spec.json")

    class Left:
        shards = folder / "part-1-001" / "shards"
        ledger = staticmethod(lambda: scripted.ledger(tmp_path))

        @staticmethod
        def take(name: str) -> None:
            found = ShardFolder.open(Left.shards / name)
            workspace.jobs.ingest(
                job_id,
                f"part-1-001/{name}",
                found.items,
                lambda: scripted.apply(workspace, ScriptedSettings(ledger=""), found, None),
            )

        @staticmethod
        def resume() -> Job:
            supervisor = Supervisor(workspace)
            try:
                supervisor.resume(job_id)
                return supervisor.wait(job_id, 60)
            finally:
                supervisor.close()

        made = staticmethod(lambda: scripted.made(workspace))
        warnings = staticmethod(lambda: [e.message for e in workspace.jobs.events(job_id) if e.level == "warning"])

    Left.shards.mkdir(parents=True)
    return Left


def test_a_finished_shard_that_nobody_took_is_taken(interrupted: Any) -> None:
    shard(interrupted.shards, ["a", "b"])
    job = interrupted.resume()
    assert (job.state, job.done) == ("done", 3)
    assert interrupted.ledger() == ["c"]
    assert interrupted.made() == ["a", "b", "c"]
    assert not interrupted.shards.exists()


def test_a_shard_that_was_taken_but_not_deleted_is_not_taken_twice(interrupted: Any) -> None:
    name, _ = shard(interrupted.shards, ["a", "b"])
    interrupted.take(name)
    job = interrupted.resume()
    assert (job.state, job.done) == ("done", 3)
    assert interrupted.made() == ["a", "b", "c"]
    assert not interrupted.shards.exists()


def test_a_half_deleted_shard_is_not_taken_twice_and_stops_nothing(interrupted: Any) -> None:
    name, _ = shard(interrupted.shards, ["a"])
    interrupted.take(name)
    (interrupted.shards / name / "made.parquet").unlink()
    job = interrupted.resume()
    assert (job.state, job.done) == ("done", 3)
    assert interrupted.made() == ["a", "b", "c"]


def test_an_unfinished_shard_is_ignored_and_cleared(interrupted: Any) -> None:
    name, _ = shard(interrupted.shards, ["a"])
    (interrupted.shards / name).rename(interrupted.shards / f"{name}.tmp")
    (interrupted.shards / "pending-000002.tmp" / "files").mkdir(parents=True)
    (interrupted.shards / "pending-000002.tmp" / "files" / "half.mp4").write_bytes(b"half")
    job = interrupted.resume()
    assert (job.state, job.done) == ("done", 3)
    assert interrupted.ledger() == ["a", "b", "c"]
    assert interrupted.made() == ["a", "b", "c"]
    assert not interrupted.shards.exists()


@pytest.mark.parametrize("damage", ["manifest cut", "manifest gone", "table cut", "table empty"])
def test_a_damaged_shard_is_made_again(interrupted: Any, damage: str) -> None:
    """A power failure may leave a renamed folder whose files were never written out."""
    name, _ = shard(interrupted.shards, ["a"])
    what, how = damage.split()
    path = interrupted.shards / name / {"manifest": "manifest.json", "table": "made.parquet"}[what]
    data = path.read_bytes()
    path.unlink() if how == "gone" else path.write_bytes(data[: len(data) // 2] if how == "cut" else b"")
    job = interrupted.resume()
    assert (job.state, job.done) == ("done", 3)
    assert interrupted.made() == ["a", "b", "c"]
    assert len(interrupted.warnings()) == (0 if damage == "manifest gone" else 1)


def test_a_part_without_a_shard_folder_is_no_trouble(interrupted: Any) -> None:
    shutil.rmtree(interrupted.shards.parent)
    interrupted.shards.parent.mkdir()
    assert interrupted.resume().state == "done"
    assert finished_shards(interrupted.shards) == []


def test_a_job_number_is_never_given_twice_after_a_kill(lone_app: Any) -> None:
    app = lone_app({"a": [("hang", 600)]})
    until(app.begun)
    app.kill()
    with app.reopened() as (workspace, _):
        assert workspace.jobs.create(scripted.KIND, "Next", 0) > app.job_id
