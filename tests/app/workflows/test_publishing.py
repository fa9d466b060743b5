"""A data set is published whole, private and tagged, with the login of this machine; refusals are said in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.workflows.jobs.supervisor import Supervisor
from app.workflows.publishing import publish_spec
from engine.errors import ExportError
from engine.steps.push_to_hub import check_folders
from storage.exports import ExportResults, ExportRun
from tests.app.fake_hub import LOGIN, logged_in
from tests.app.workflows.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.runtime.spec import JobSpec
    from storage import Workspace
    from storage.jobs import Job
    from tests.app.fake_hub import FakeHub

FILES = {"README.md": b"# A card\n", "clips/0001_a [x].mp4": b"not quite a film" * 99, "meta/info.json": b"{}"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A hub, and a machine that is logged in to it."""
    with logged_in(monkeypatch, tmp_path / "hf-home") as opened:
        yield opened


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    opened = Supervisor(workspace, workers=1)
    yield opened
    opened.close()


def exported(workspace: Workspace, folder: Path, form: str | None = "lerobot", source: str = "folder") -> str:
    """A data set that was exported into `folder`."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    results = ExportResults(clips=1, folder=str(folder), format=form, made=1)
    workspace.exports.add(ExportRun("e", datetime.now(UTC), {}, results))
    workspace.paths.exports.mkdir(exist_ok=True)
    pq.write_table(pa.table({"source": [source]}), workspace.paths.export_list("e"))
    return "e"


def run(workspace: Workspace, supervisor: Supervisor, spec: JobSpec) -> tuple[Job, str]:
    """The ended job, and why its item failed."""
    job = supervisor.wait(supervisor.submit("Publish", spec), 60)
    return job, " ".join(failure.error for failure in workspace.jobs.failures(job.job_id))


def test_it_is_published_whole_private_and_tagged_and_again_after_a_change(
    workspace: Workspace, supervisor: Supervisor, hub: FakeHub, tmp_path: Path
) -> None:
    export_id = exported(workspace, tmp_path / "set")
    job, why = run(workspace, supervisor, publish_spec(workspace, export_id, "us/clips"))
    assert (job.state, why) == ("done", "")
    assert hub.files == FILES
    assert hub.repos == {"us/clips": True}
    assert hub.tags == ["v3.0"]
    assert workspace.exports.get(export_id).results.pushed_to == f"{hub.address}/datasets/us/clips"
    (tmp_path / "set" / "README.md").write_text("# Another card\n")
    before = sum("/store/" in asked for asked in hub.asked)
    job, why = run(workspace, supervisor, publish_spec(workspace, export_id, "us/clips"))
    assert (job.state, why) == ("done", "")
    assert hub.files["README.md"] == b"# Another card\n"
    assert sum("/store/" in asked for asked in hub.asked) == before, "the film is there already"
    assert hub.tags == ["v3.0"], "set again, to what was uploaded last"
    kept = "".join(path.read_text(errors="replace") for path in workspace.paths.jobs.rglob("*") if path.is_file())
    assert LOGIN not in kept


def test_refusals_are_said_in_words(
    workspace: Workspace, supervisor: Supervisor, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = publish_spec(workspace, exported(workspace, tmp_path / "set"), "us/clips", public=True)
    hub.refuse = {"/api/repos/create": 403, "/api/datasets/us/clips": 403}
    assert "may not write to us/clips" in run(workspace, supervisor, spec)[1]
    hub.refuse = {}
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "does not accept the login" in run(workspace, supervisor, spec)[1]
    monkeypatch.delenv("HF_TOKEN")
    assert "nobody is logged in" in run(workspace, supervisor, spec)[1]
    monkeypatch.setenv("HF_TOKEN", LOGIN)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "can't be reached" in run(workspace, supervisor, spec)[1]
    assert hub.files == {}
    assert workspace.exports.get("e").results.pushed_to is None


def test_a_cancelled_upload_goes_on_when_resumed(
    workspace: Workspace, supervisor: Supervisor, hub: FakeHub, tmp_path: Path
) -> None:
    spec = publish_spec(workspace, exported(workspace, tmp_path / "set", "hf"), "us/clips")
    hub.held.clear()
    job_id = supervisor.submit("Publish", spec)
    until(lambda: any("/store/" in asked for asked in hub.asked))
    supervisor.cancel(job_id)
    assert supervisor.wait(job_id, 30).state == "cancelled"
    assert hub.commits == 0
    hub.held.set()
    supervisor.resume(job_id)
    assert supervisor.wait(job_id, 60).state == "done"
    assert hub.files == FILES
    assert hub.tags == []


def test_a_repository_that_everyone_sees_gets_nothing_unless_that_was_asked_for(
    workspace: Workspace, supervisor: Supervisor, hub: FakeHub, tmp_path: Path
) -> None:
    hub.repos["us/clips"] = False
    export_id = exported(workspace, tmp_path / "set")
    job, why = run(workspace, supervisor, publish_spec(workspace, export_id, "us/clips"))
    assert "everyone can see it" in why
    assert (hub.files, job.done) == ({}, 0)
    assert run(workspace, supervisor, publish_spec(workspace, export_id, "us/clips", public=True))[1] == ""
    assert hub.files == FILES


def test_data_of_an_earlier_export_is_not_mixed_with_a_new_one(
    workspace: Workspace, supervisor: Supervisor, hub: FakeHub, tmp_path: Path
) -> None:
    hub.files = {"clips/0002_b.mp4": b"of another", "LICENSE": b"theirs", ".gitattributes": b""}
    spec = publish_spec(workspace, exported(workspace, tmp_path / "set"), "us/clips")
    why = run(workspace, supervisor, spec)[1]
    assert "data files that are not of this export (1)" in why
    assert "0002_b.mp4" in why
    del hub.files["clips/0002_b.mp4"]
    assert run(workspace, supervisor, spec)[1] == ""
    assert hub.files == {**FILES, "LICENSE": b"theirs", ".gitattributes": b""}


def test_more_files_in_a_folder_than_the_hub_takes_are_refused_before_anything_is_sent() -> None:
    check_folders([f"clips/{number}.mp4" for number in range(10_000)] + ["README.md"])
    with pytest.raises(ExportError, match=r"'clips' of the data set holds 10,001 files"):
        check_folders([f"clips/{number}.mp4" for number in range(10_001)])


def test_a_folder_that_another_export_replaced_is_not_published_under_the_first_one_s_name(
    workspace: Workspace, tmp_path: Path
) -> None:
    export_id = exported(workspace, tmp_path / "set")
    elsewhere = ExportResults(clips=1, folder=str(tmp_path / "other"), format="hf", made=1)
    unfinished = ExportResults(clips=1, folder=str(tmp_path / "set"), format="hf")
    for name, results in {"f": elsewhere, "g": unfinished}.items():
        workspace.exports.add(ExportRun(name, datetime.now(UTC), {}, results))
    assert publish_spec(workspace, export_id, "us/clips").kind == "push_to_hub"
    workspace.exports.change_results("g", made=1)
    with pytest.raises(ExportError, match="holds export g by now, which came after e"):
        publish_spec(workspace, export_id, "us/clips")


def test_what_is_no_data_set_for_the_hub_is_refused_at_once(workspace: Workspace, tmp_path: Path) -> None:
    export_id = exported(workspace, tmp_path / "set", source="ego4d")
    with pytest.raises(ExportError, match="Ego4D must not be public"):
        publish_spec(workspace, export_id, "us/clips", public=True)
    assert publish_spec(workspace, export_id, "us/clips").kind == "push_to_hub"
    for wrong in ("clips", "us/../clips", "us/clips/more", "us/", "a b/c", "us/" + "x" * 200):
        with pytest.raises(ExportError, match="no name of a repository"):
            publish_spec(workspace, export_id, wrong)
    workspace.exports.change_results("e", format="otio")
    with pytest.raises(ExportError, match="of the format 'otio'"):
        publish_spec(workspace, export_id, "us/clips")
    workspace.exports.change_results("e", format="hf", made=None)
    with pytest.raises(ExportError, match="Repeat the export"):
        publish_spec(workspace, export_id, "us/clips")
