"""What is said of something that a job makes: queued, being made, failed and why, stopped, or never asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from app.components.export.past_exports import standing
from app.workflows.exporting import cutting_jobs
from app.workflows.jobs.item_state import item_state
from engine.runtime.spec import Item, SpecFile, write_spec
from storage.exports import ExportResults, ExportRun
from storage.jobs import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace
    from storage.jobs import JobState


CUT = {"export_id": "e", "crf": 18, "max_short_side_px": None}


class Watcher:
    """Stands for the supervisor: says which items are in hand."""

    def __init__(self, *current: str) -> None:
        self.current = current

    def live(self, _job: object) -> Any:
        return SimpleNamespace(current=self.current)


def a_job(workspace: Workspace, kind: str, state: JobState, *items: str, **settings: Any) -> int:
    job_id = workspace.jobs.create(kind, kind, len(items))
    workspace.jobs.set_state(job_id, state)
    workspace.paths.job(job_id).mkdir(parents=True)
    write_spec(
        SpecFile(kind, tuple(Item(key, {}) for key in items), dict(settings)), workspace.paths.job(job_id) / "spec.json"
    )
    return job_id


def test_a_preview_is_queued_then_made_then_failed_with_its_reason(workspace: Workspace) -> None:
    def state(*current: str) -> str:
        return item_state(workspace, Watcher(*current), "previews", "v").state  # type: ignore[arg-type]

    assert state() == "absent"
    job_id = a_job(workspace, "previews", "queued", "u", "v")
    assert state() == "queued"
    workspace.jobs.set_state(job_id, "running")
    assert state("u") == "queued", "another video is in hand"
    assert state("v") == "running"
    workspace.jobs.set_state(job_id, "cancelled")
    assert state() == "stopped"
    workspace.jobs.record(job_id, [Outcome("v", "failed", "its codec is unknown")])
    found = item_state(workspace, Watcher(), "previews", "v")  # type: ignore[arg-type]
    assert (found.state, found.job_id, found.reason) == ("failed", job_id, "its codec is unknown")


def test_what_was_done_since_is_not_said_to_have_failed(workspace: Workspace) -> None:
    older = a_job(workspace, "previews", "done", "v")
    workspace.jobs.record(older, [Outcome("v", "failed", "the disk was full")])
    newer = a_job(workspace, "previews", "done", "v")
    for outcome in ("done", "skipped"):
        workspace.jobs.record(newer, [Outcome("v", outcome)])  # type: ignore[arg-type]
        assert item_state(workspace, Watcher(), "previews", "v").state == "absent"  # type: ignore[arg-type]
    workspace.jobs.record(newer, [Outcome("v", "failed", "again")])
    assert item_state(workspace, Watcher(), "previews", "v").reason == "again"  # type: ignore[arg-type]


def test_a_failure_in_a_job_that_is_still_at_work_can_not_be_tried_again_yet(workspace: Workspace) -> None:
    job_id = a_job(workspace, "previews", "running", "u", "v")
    workspace.jobs.record(job_id, [Outcome("v", "failed", "its codec is unknown")])
    found = item_state(workspace, Watcher("u"), "previews", "v")  # type: ignore[arg-type]
    assert (found.state, found.under_way) == ("failed", True)
    workspace.jobs.set_state(job_id, "done")
    assert not item_state(workspace, Watcher(), "previews", "v").under_way  # type: ignore[arg-type]


def test_an_export_that_is_being_written_was_not_moved_or_deleted(workspace: Workspace, tmp_path: Path) -> None:
    results = ExportResults(folder=str(tmp_path / "f"))
    run = ExportRun("e", workspace.database.scalar("SELECT now()"), {}, results)
    job_id = a_job(workspace, "export", "queued", "c", **CUT, folder=str(tmp_path / "f"))
    for state, said in (
        ("queued", "the clips wait for their turn"),
        ("running", "the clips are being cut now"),
        ("cancelled", "the clips were not all cut: the job is cancelled"),
    ):
        workspace.jobs.set_state(job_id, state)  # type: ignore[arg-type]
        assert standing(run, cutting_jobs(workspace)["e"]) == [f"{said} (job {job_id})"]
    workspace.jobs.set_state(job_id, "done")
    assert cutting_jobs(workspace) == {}
    assert standing(run, None) == ["moved or deleted since"]
    (tmp_path / "f").mkdir()
    assert standing(run, None) == []
