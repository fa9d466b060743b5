"""What finished jobs leave on disk, and what cleaning up leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.workflows.jobs.leftovers import clean, leftovers
from engine.runtime.spec import SpecFile, write_spec
from storage.jobs import Outcome
from tests.app.cli.running import as_json, handpicked

if TYPE_CHECKING:
    from storage import Workspace
    from storage.jobs import JobState


def a_job(
    workspace: Workspace, state: JobState, *, kind: str = "pictures", failed: bool = False, note: str = ""
) -> int:
    """A job with a specification and a log on disk."""
    job_id = workspace.jobs.create(kind, kind, 1)
    if failed:
        workspace.jobs.record(job_id, [Outcome("one", "failed", "the reason")])
    workspace.jobs.set_state(job_id, state)
    folder = workspace.paths.job(job_id)
    (folder / "part-1").mkdir(parents=True)
    (folder / "part-1" / "log.txt").write_text("x" * 1000)
    write_spec(SpecFile(kind, (), {"note": note}), folder / "spec.json")
    return job_id


def test_finished_jobs_are_cleaned_up_and_what_can_go_on_is_kept(workspace: Workspace) -> None:
    done = [a_job(workspace, "done") for _ in range(3)]
    kept = [
        *(a_job(workspace, state) for state in ("queued", "running", "cancelling", "cancelled", "interrupted")),
        a_job(workspace, "failed", failed=True),
        a_job(workspace, "done", failed=True),
    ]
    (workspace.paths.jobs / "notes of mine").mkdir()
    found = leftovers(workspace, sizes=True)
    assert found.jobs == 3
    assert found.size_bytes is not None
    assert found.size_bytes > 3000
    assert clean(workspace) == found
    assert (workspace.paths.jobs / "notes of mine").is_dir()
    assert not any(workspace.paths.job(job_id).exists() for job_id in done)
    assert all((workspace.paths.job(job_id) / "spec.json").is_file() for job_id in kept)
    assert leftovers(workspace).places == ()
    assert clean(workspace, resumable=True).jobs == 4
    assert [workspace.paths.job(job_id).exists() for job_id in kept] == [True, True, True, False, False, False, False]
    assert [failure.error for failure in workspace.jobs.failures(kept[-1])] == ["the reason"]


def test_listing_what_is_left_looks_at_no_file_and_at_no_job_without_a_folder(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = a_job(workspace, "done")
    for _ in range(5):
        workspace.jobs.set_state(workspace.jobs.create("pictures", "cleaned up", 1), "done")
    asked: list[list[int]] = []
    find = workspace.jobs.find

    def spy(**wanted: Any) -> Any:
        asked.append(sorted(wanted.get("ids") or []))
        return find(**wanted)

    monkeypatch.setattr(workspace.jobs, "find", spy)
    monkeypatch.setattr(type(workspace.root), "rglob", lambda *_: pytest.fail("no size was asked for"))
    found = leftovers(workspace)
    assert (found.jobs, found.size_bytes, asked) == (1, None, [[job_id]])


def test_notes_of_pulls_and_pushes_go_when_no_job_needs_them(workspace: Workspace) -> None:
    sharing, pulled = workspace.paths.sharing, workspace.paths.pulled
    sharing.mkdir()
    pulled.mkdir(parents=True)
    for name in ("manifest-labels-1.json", "pull-1.json", "pull-2.json", "labels-abc.jsonl"):
        (sharing / name).write_text("{}")
    (pulled / "bundle-1.json").write_text("{}")
    (pulled / "theirs.mp4").write_bytes(b"footage")
    a_job(workspace, "done", kind="receive", note=str(sharing / "pull-1.json"))
    a_job(workspace, "interrupted", kind="receive", note=str(sharing / "pull-2.json"))
    assert clean(workspace).notes == 3
    assert {path.name for path in sharing.iterdir()} == {"pull-2.json", "labels-abc.jsonl"}
    assert {path.name for path in pulled.iterdir()} == {"theirs.mp4"}


def test_the_command_says_how_much_there_is_and_removes_it(workspace: Workspace) -> None:
    a_job(workspace, "done")
    root = workspace.root
    workspace.close()
    assert "1 finished job are left; `handpicked jobs clean`" in handpicked("jobs", "list", workspace=root).stderr
    assert "take 1" in handpicked("jobs", "clean", "--dry-run", workspace=root).stderr
    assert as_json(handpicked("jobs", "clean", "--dry-run", "--json", workspace=root))["removed"] is False
    assert as_json(handpicked("jobs", "clean", "--json", workspace=root))["jobs"] == 1
    assert "nothing to clean up" in handpicked("jobs", "clean", workspace=root).stderr
