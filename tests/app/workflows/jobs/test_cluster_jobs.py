"""Jobs in a real Ray cluster of a head without CPUs and two nodes: the same rows, once each, whatever is lost.

Everything runs on this machine, on its loopback interface. Where Ray does not come up the tests are skipped, and say
so; `tests/engine/cluster` holds what needs no cluster.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from app.workflows.export_plan import plan_export
from app.workflows.exporting import write_export
from app.workflows.extracting import extract_spec
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from engine.export.settings import ExportSettings
from engine.files.digest import sha256_of_file
from engine.runtime.spec import write_spec
from engine.settings.jobs import ExecutorSettings, JobSettings, RuntimeSettings
from storage import Workspace
from tests.app.workflows import scripted
from tests.app.workflows.conftest import Bench
from tests.app.workflows.waiting import until
from tests.clusters import LoopbackCluster, loopback_cluster
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.runtime.spec import JobSpec

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RUN = "HANDPICKED_TEST_RUN"
"""In the environment of everything that these tests start, with this process's number."""

Items = dict[str, list[tuple[str, Any]]]


@pytest.fixture(scope="module")
def steps(steps_site: Path) -> Iterator[None]:
    """Let this process, the nodes and their workers know the scripted kinds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(steps_site))
        patch.setenv(RUN, str(os.getpid()))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(steps_site), os.environ.get("PYTHONPATH")])))
        yield


@pytest.fixture(scope="module")
def cluster(steps: None) -> Iterator[LoopbackCluster]:
    """The cluster that most of these tests share."""
    with loopback_cluster() as made:
        yield made


def where(cluster: LoopbackCluster, **changes: Any) -> ExecutorSettings:
    return ExecutorSettings(**{"kind": "ray", "address": cluster.address, "parts": 4, **changes})


@pytest.fixture
def benches(workspace: Workspace, tmp_path: Path) -> Iterator[Callable[[ExecutorSettings], Bench]]:
    """Makes supervisors, one at a time."""
    scripted.make_table(workspace)
    opened: list[Supervisor] = []

    def make(settings: ExecutorSettings) -> Bench:
        for one in opened:
            one.close()
        opened.append(Supervisor(workspace, where=settings))
        bench = Bench(workspace, opened[-1], tmp_path)
        bench.limit()
        return bench

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def bench(benches: Callable[[ExecutorSettings], Bench], cluster: LoopbackCluster) -> Bench:
    """A supervisor whose jobs go into the cluster, in four parts."""
    return benches(where(cluster))


def processes(*words: str) -> list[psutil.Process]:
    """The processes with all these words on their command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if all(word in " ".join(process.info["cmdline"] or []) for word in words)
    ]


def part_workers() -> list[psutil.Process]:
    """The workers on the nodes of this test run's clusters: others may have some on the same machine."""
    found = []
    for process in processes("engine.worker", "handpicked-part-"):
        with contextlib.suppress(psutil.Error):
            if process.environ().get(RUN) == str(os.getpid()):
                found.append(process)
    return found


def notes(bench: Bench, job_id: int) -> list[str]:
    return [event.message for event in bench.workspace.jobs.events(job_id, 1000) if event.level == "note"]


def many(count: int, seconds: float) -> Items:
    return {f"i{n:02d}": [("work", seconds)] for n in range(count)}


def test_each_result_arrives_once_with_its_files_log_and_warnings(bench: Bench) -> None:
    items: Items = {
        "file": [("add_file", ["a/large.bin", 9_000_000])],
        "failing": [("fail", "as foreseen")],
        "odd": [("warn", "odd"), ("junk", None), ("stumble", "a defect")],
        "skipped": [("skip", "known")],
        "without cards": [("note_cards", None)],
        **many(6, 0.05),
    }
    job = bench.run(items)
    assert (job.state, job.done, job.failed, job.skipped) == ("done", 9, 2, 1), bench.supervisor.log(job.job_id)
    assert bench.made() == sorted(set(items) - {"failing", "odd", "skipped"})
    assert sorted(bench.begun()) == sorted([*items, "cards ''"])
    assert bench.failures(job)["failing"] == "as foreseen"
    assert bench.warnings(job) == ["odd: odd"]
    (note,) = notes(bench, job.job_id)
    assert "3 nodes, 4 CPUs and no GPU; each part gets 1 CPU." in note
    log = bench.supervisor.log(job.job_id)
    assert "On node " in log
    assert "a library says hello" in log
    assert "KeyError: 'a defect'" in log
    assert part_workers() == []


QUICK = ("sharpness", "exposure", "motion")


def everything_of(folder: Path, footage: Path, settings: ExecutorSettings) -> dict[str, Any]:
    """Import, pictures, shots, features and cut clips, in a new workspace: all rows and files that come of them."""
    with Workspace(folder / "w") as workspace:
        supervisor = Supervisor(workspace, workers=1, where=settings)

        def done(title: str, spec: JobSpec) -> None:
            job_id = supervisor.submit(title, spec)
            supervisor.wait(job_id, 90)
            assert supervisor.wait_idle(90)
            for job in map(workspace.jobs.get, supervisor.with_followers(job_id)):
                assert (job.state, job.failed) == ("done", 0), (job, supervisor.log(job.job_id))

        clipping = ClippingSettings(length_s=1, stride_s=1)  # shots follow, and pictures after them
        request = prepare_import([footage], source="folder", clips="shots", clipping=clipping, pictures=True)
        done("Import", request.spec)
        done("Extract", extract_spec(workspace, only=QUICK))
        plan = plan_export(workspace, ExportSettings(ranked_by="composite"))
        written = write_export(workspace, plan, folder=folder / "cut", make_folders=True)
        assert written.spec is not None
        done("Cut", written.spec)
        supervisor.close()
        found: dict[str, Any] = {
            "videos": workspace.database.rows("SELECT * EXCLUDE (imported_at) FROM video ORDER BY video_id"),
            "clips": workspace.database.rows("SELECT clip_id, start_s, end_s, origin FROM clip ORDER BY clip_id"),
            "pictures": workspace.database.rows("SELECT * EXCLUDE (created_at) FROM media ORDER BY file"),
            "numbers": workspace.database.rows("FROM clip_features ORDER BY clip_id"),
        }
        for place in (workspace.paths.media, folder / "cut" / "clips"):
            files = [file for file in place.rglob("*") if file.is_file()]
            found[f"files in {place.name}"] = sorted(
                (str(file.relative_to(place)), sha256_of_file(file)) for file in files
            )
    return found


def test_the_same_rows_and_files_to_the_bit_as_on_this_machine(cluster: LoopbackCluster, tmp_path: Path) -> None:
    (tmp_path / "footage").mkdir()
    for name, size in {"one": (160, 96), "two": (96, 64)}.items():
        write_video(tmp_path / "footage" / f"{name}.mp4", 48, fps=24, size=size)
    (tmp_path / "footage" / "notes.txt").write_bytes(b"no video")
    here = everything_of(tmp_path / "here", tmp_path / "footage", ExecutorSettings())
    there = everything_of(tmp_path / "there", tmp_path / "footage", where(cluster, parts=2))
    assert len(here["videos"]) == 2
    assert len(here["numbers"]) == len(here["clips"]) >= 2
    assert len(here["files in media"]) > 4
    for name, rows in here.items():
        assert there[name] == rows, name


def test_cancel_keeps_what_is_finished_and_leaves_nothing_on_the_nodes(bench: Bench) -> None:
    items: Items = {"a": [], "b": [("hang", 600)], "c": [("hang", 600)], "d": [], "e": [("hang", 600)]}
    job_id = bench.submit(items)
    until(lambda: {"b", "c", "e"} & set(bench.begun()) and part_workers())
    bench.supervisor.cancel(job_id)
    job = bench.wait(job_id)
    assert job.state == "cancelled"
    assert set(bench.made()) <= {"a", "d"}
    until(lambda: not part_workers())
    until(lambda: not processes("engine.cluster.driver", str(bench.folder)))


def test_a_worker_an_actor_and_a_node_are_lost_and_no_result_is(
    benches: Callable[[ExecutorSettings], Bench], cluster: LoopbackCluster
) -> None:
    extra = cluster.add_node(2)
    bench = benches(where(cluster, parts=6))  # a part for each CPU: every node has some
    go, died = bench.folder / "go", bench.folder / "died"
    held: Items = {f"i{n:02d}": [("wait_for", str(go))] for n in range(17)}
    items: Items = {"x": [("die_once", str(died))], **held}
    job_id = bench.submit(items)

    def said() -> str:
        return " ".join(bench.warnings(bench.workspace.jobs.get(job_id)))

    until(lambda: "x: the worker was ended by SIGKILL" in said())
    until(lambda: len(part_workers()) == 6)
    part_workers()[0].parent().kill()  # an actor: its worker goes with it
    until(lambda: "of the cluster was ended (Actor" in said())
    until(lambda: len(part_workers()) == 6)
    cluster.end_node(extra)
    until(lambda: "of the cluster is gone" in said())
    go.touch()
    job = bench.wait(job_id)
    assert (job.state, job.done, job.failed) == ("done", len(items), 0), bench.supervisor.log(job_id)
    assert bench.made() == sorted(items)


def test_a_part_that_waits_for_its_place_is_no_hang(
    benches: Callable[[ExecutorSettings], Bench], cluster: LoopbackCluster
) -> None:
    bench = benches(where(cluster, cpus=8, gpus=0.5, parts=1))
    bench.limit(heartbeat_timeout_s=3, stall_timeout_s=3)
    job_id = bench.submit({"a": [("note_threads", None)], "b": [("note_cards", None)]})

    def note() -> str:
        live = bench.supervisor.live(bench.workspace.jobs.get(job_id))
        return live.note if live else ""

    until(lambda: note() == "1 part waits for a node of the cluster that has 8 CPUs and 0.5 GPUs: none has")
    bench.supervisor.wait(job_id, 4)  # longer than both limits
    assert bench.workspace.jobs.get(job_id).state == "running"
    joined = cluster.add_node(8, gpus=1)
    job = bench.wait(job_id)
    cluster.end_node(joined)
    assert (job.state, job.done) == ("done", 2)
    assert "8 threads, OpenMP 8" in bench.begun()
    assert "cards '0'" in bench.begun()
    assert bench.warnings(job) == []


def test_what_does_not_go_out_runs_here_and_says_so(bench: Bench) -> None:
    job = bench.wait(bench.supervisor.submit("Quick", scripted.spec(bench.folder, {"a": []}, kind=scripted.QUICK)))
    assert (job.state, job.done) == ("done", 1)
    assert notes(bench, job.job_id) == ["Runs on this machine: jobs of this kind do not go into the cluster."]


def test_the_head_is_lost_and_another_cluster_does_exactly_the_rest(
    benches: Callable[[ExecutorSettings], Bench], cluster: LoopbackCluster, steps: None
) -> None:
    items = many(10, 0.4)
    with loopback_cluster(nodes=1) as doomed:
        bench = benches(where(doomed))
        job_id = bench.submit(items)
        until(lambda: len(bench.made()) >= 2)
        address = doomed.address
        doomed.end_head()
        job = bench.wait(job_id)
    assert (job.state, job.failed) == ("failed", 0)
    assert job.message.startswith(f"In the Ray cluster at {address}: ")
    assert "was lost" in job.message or "does not answer any more" in job.message
    assert "Resume goes on from there" in job.message
    bench = benches(where(cluster))
    bench.supervisor.resume(job_id)
    job = bench.wait(job_id)
    assert (job.state, job.done, job.failed) == ("done", 10, 0)
    assert bench.made() == sorted(items)


@pytest.mark.parametrize("victim", ["the app", "its driver"])
def test_the_app_or_its_driver_is_killed_and_resume_does_exactly_the_rest(
    cluster: LoopbackCluster, tmp_path: Path, victim: str
) -> None:
    items = many(10, 0.3)
    with Workspace(tmp_path / "w") as workspace:
        runtime = RuntimeSettings(workers=1)
        workspace.settings.save(JobSettings(runtime=runtime, executor=where(cluster)))
    write_spec(scripted.spec(tmp_path, items).written(), tmp_path / "to-do.json")
    command = [sys.executable, "-m", "tests.app.workflows.lone_app", str(tmp_path / "w"), str(tmp_path / "to-do.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout
        job_id = json.loads(app.stdout.readline())["job_id"]
        until(lambda: len(scripted.ledger(tmp_path)) >= 4)
        if victim == "the app":
            app.kill()
        else:
            for driver in processes("engine.cluster.driver", str(tmp_path)):
                driver.kill()
            assert json.loads(app.stdout.readline()) == {"state": "failed"}
    until(lambda: not part_workers())
    until(lambda: not processes("engine.cluster.driver", str(tmp_path)))
    with Workspace(tmp_path / "w") as workspace:
        supervisor = Supervisor(workspace)
        job = workspace.jobs.get(job_id)
        assert job.state == ("interrupted" if victim == "the app" else "failed")
        supervisor.resume(job_id)
        job = supervisor.wait(job_id, 60)
        assert (job.state, job.done, job.failed) == ("done", 10, 0)
        assert scripted.made(workspace) == sorted(items)
        supervisor.close()
