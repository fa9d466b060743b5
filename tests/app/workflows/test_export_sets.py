"""Data sets in a format: two jobs, whole or not at all, the same bytes when repeated; from real little videos."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.workflows.export_formats import FormatChoice, choose_format, kept_choice
from app.workflows.export_inputs import without_folders
from app.workflows.export_plan import plan_export
from app.workflows.export_sets import set_jobs, write_set
from app.workflows.exporting import repeat_plan
from app.workflows.jobs.supervisor import Supervisor
from engine.errors import ExportError, MissingFolderError
from engine.export.settings import ExportSettings
from engine.runtime.spec import read_spec
from tests.app.export_package import install
from tests.app.workflows.waiting import until
from tests.shared_footage import bring_in, measure, run, score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.workflows.export_plan import ExportPlan
    from app.workflows.exporting import Written
    from storage import Workspace

HF = FormatChoice("hf")


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    """A supervisor with one worker at a time."""
    opened = Supervisor(workspace, workers=1)
    yield opened
    opened.close()


@pytest.fixture
def clips(workspace: Workspace, tmp_path: Path) -> list[str]:
    """Four clips of two videos, measured and scored: the third is best, then the first, second, fourth."""
    clip_ids = bring_in(workspace, tmp_path / "footage")
    measure(workspace, clip_ids)
    score(workspace, clip_ids, [0.5, 0.4, 0.9, -0.2])
    return clip_ids


def plan(workspace: Workspace, **options: object) -> ExportPlan:
    return plan_export(workspace, ExportSettings.model_validate(options))


def export(workspace: Workspace, supervisor: Supervisor, folder: Path, choice: FormatChoice = HF) -> str:
    """Export the best three; returns the export's id."""
    written = write_set(workspace, plan(workspace, top=3), choice, folder)
    assert written.spec is not None
    assert run(supervisor, "Export", written.spec).state == "done"
    return written.export_id


def content(folder: Path) -> dict[str, str]:
    """File below a folder → its checksum."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def only(folder: Path, *names: str) -> None:
    """Nothing is in the folder but these."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_a_video_folder_is_whole_with_its_metadata_and_card_and_leaves_no_parts(
    workspace: Workspace, clips: list[str], supervisor: Supervisor, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    export_id = export(workspace, supervisor, tmp_path / "out" / "set")
    only(tmp_path / "out", "set")
    rows = [json.loads(line) for line in (tmp_path / "out" / "set" / "metadata.jsonl").read_text().splitlines()]
    assert [row["clip_id"] for row in rows] == [clips[2], clips[0], clips[1]]
    assert [row["file_name"] for row in rows] == [
        f"clips/{path.name}" for path in sorted((tmp_path / "out" / "set" / "clips").iterdir())
    ]
    assert rows[0]["reward"] == 0.9
    assert "video_path" not in rows[0]
    card = (tmp_path / "out" / "set" / "README.md").read_text()
    assert "Model: name of model\\-1, seed 7" in card or "Model: name of model-1, seed 7" in card
    assert export_id in card
    assert str(tmp_path) not in card
    kept = workspace.exports.get(export_id).results
    assert (kept.format, kept.made) == ("hf", 3)
    assert not workspace.paths.export_parts(export_id).exists()
    assert set_jobs(workspace) == {}


def test_a_repetition_is_the_same_to_the_byte_although_the_workspace_went_on(
    workspace: Workspace, clips: list[str], supervisor: Supervisor, tmp_path: Path
) -> None:
    first = export(workspace, supervisor, tmp_path / "one", choose_format("hf", {"crf": "30"}))
    score(workspace, clips, [0, 1, 2, 3], model_id="model-2")
    for number, name in enumerate(("two", "three")):
        before = first if number == 0 else workspace.exports.find()[0].export_id
        choice = kept_choice(workspace.exports.get(before).results, fresh=False)
        assert choice is not None
        written = write_set(workspace, repeat_plan(workspace, before), choice, tmp_path / name, repeats=before)
        assert written.spec is not None
        run(supervisor, "Export", written.spec)
        assert content(tmp_path / name) == content(tmp_path / "one")
    fresh = kept_choice(workspace.exports.get(first).results, fresh=True)
    assert fresh is not None
    assert (fresh.options, fresh.settled) == ({"crf": 30}, None)


def test_a_clip_that_can_not_be_made_is_left_out_with_the_reason(
    workspace: Workspace, clips: list[str], supervisor: Supervisor, tmp_path: Path
) -> None:
    (tmp_path / "footage" / "two.mp4").unlink()
    export_id = export(workspace, supervisor, tmp_path / "set")
    rows = (tmp_path / "set" / "metadata.jsonl").read_text().splitlines()
    assert [json.loads(row)["clip_id"] for row in rows] == clips[:2]
    card = (tmp_path / "set" / "README.md").read_text()
    assert clips[2].split("@")[0] in card.split("## Left out")[1]
    assert "not there any more" in card
    assert str(tmp_path) not in card
    assert workspace.exports.get(export_id).results.made == 2
    parts = next(job for job in workspace.jobs.find() if job.kind == "export_parts")
    assert [failure.item for failure in workspace.jobs.failures(parts.job_id)] == [clips[2]]
    # Tried again, it succeeds, and the data set is whole already: that is said, and nothing is left behind.
    bring_in_again = tmp_path / "footage"
    (bring_in_again / "one.mp4").rename(bring_in_again / "two.mp4")
    assert supervisor.retry_failed(parts.job_id) == 1
    assert supervisor.wait_idle(60)
    assert any("exports repeat" in said for said in workspace.jobs.left_out(parts.job_id))
    assert not workspace.paths.export_parts(export_id).exists()


def test_where_no_clip_can_be_made_the_export_fails_and_nothing_is_written(
    workspace: Workspace, clips: list[str], supervisor: Supervisor, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / "footage" / f"{name}.mp4").unlink()
    written = write_set(workspace, plan(workspace), HF, tmp_path / "set")
    assert written.spec is not None
    run(supervisor, "Export", written.spec)
    job = next(job for job in workspace.jobs.find() if job.kind == "export_set")
    assert job.state == "failed"
    assert "no clip of the export could be made" in job.message
    assert not (tmp_path / "set").exists()
    assert not list(tmp_path.glob(".set*"))


@pytest.fixture
def waiting(
    workspace: Workspace, clips: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Written, Path]:
    """An export that waits in its midst, and the file that lets it go on."""
    install(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    (tmp_path / "out").mkdir()
    gate = tmp_path / "gate"
    choice = choose_format("waits", {"gate": str(gate)})
    return write_set(workspace, plan(workspace, top=3), choice, tmp_path / "out" / "set"), gate


def half_written(folder: Path) -> bool:
    return bool(list(folder.glob(".set.*/half")))


def test_a_cancelled_one_leaves_nothing_and_goes_on_when_resumed(
    workspace: Workspace, waiting: tuple[Written, Path], supervisor: Supervisor, tmp_path: Path
) -> None:
    written, gate = waiting
    assert written.spec is not None
    job_id = supervisor.submit("Export", written.spec)
    until(lambda: half_written(tmp_path / "out"))
    assert set_jobs(workspace)[written.export_id].job_id == job_id
    supervisor.cancel(job_id)
    assert supervisor.wait(job_id, 30).state == "cancelled"
    only(tmp_path / "out")
    gate.touch()
    supervisor.resume(job_id)
    assert supervisor.wait(job_id, 30).state == "done"
    only(tmp_path / "out", "set")
    only(tmp_path / "out" / "set", "half", "whole")
    assert workspace.exports.get(written.export_id).results.made == 3


def test_a_killed_worker_begins_again_and_what_a_killed_app_left_goes_when_it_is_opened(
    workspace: Workspace, waiting: tuple[Written, Path], supervisor: Supervisor, tmp_path: Path
) -> None:
    written, gate = waiting
    assert written.spec is not None
    job_id = supervisor.submit("Export", written.spec)
    until(lambda: half_written(tmp_path / "out"))
    (first,) = workspace.paths.job(job_id).glob("part-*/worker.pid")
    os.kill(int(first.read_text()), signal.SIGKILL)
    until(lambda: len(list(workspace.paths.job(job_id).glob("part-*/worker.pid"))) == 2)
    until(lambda: half_written(tmp_path / "out"))
    assert not (tmp_path / "out" / "set").exists()
    supervisor.close()
    only(tmp_path / "out")
    # As the store and the disk are after an app and its worker were killed.
    (hidden,) = [Path(read_spec(workspace.paths.job(job_id) / "spec.json").settings["hidden"])]  # type: ignore[arg-type]
    (hidden / "half").parent.mkdir()
    workspace.jobs.set_state(job_id, "running")
    again = Supervisor(workspace, workers=1)
    try:
        assert again.interrupted == [job_id]
        only(tmp_path / "out")
        gate.touch()
        again.resume(job_id)
        assert again.wait(job_id, 30).state == "done"
    finally:
        again.close()
    only(tmp_path / "out", "set")


def test_what_came_to_the_place_meanwhile_is_left_alone(
    workspace: Workspace, waiting: tuple[Written, Path], supervisor: Supervisor, tmp_path: Path
) -> None:
    written, gate = waiting
    assert written.spec is not None
    job_id = supervisor.submit("Export", written.spec)
    until(lambda: half_written(tmp_path / "out"))
    (tmp_path / "out" / "set").mkdir()
    (tmp_path / "out" / "set" / "mine").write_text("mine")
    gate.touch()
    assert supervisor.wait(job_id, 30).state == "done"
    only(tmp_path / "out", "set")
    only(tmp_path / "out" / "set", "mine")
    (failure,) = workspace.jobs.failures(job_id)
    assert "can't get its name" in failure.error
    assert workspace.exports.get(written.export_id).results.made is None
    (tmp_path / "out" / "set" / "mine").unlink()
    assert supervisor.retry_failed(job_id) == 1
    assert supervisor.wait(job_id, 30).state == "done"
    only(tmp_path / "out" / "set", "half", "whole")


def test_a_folder_that_is_there_is_refused_before_anything_is_recorded(
    workspace: Workspace, clips: list[str], tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "link", "file"):
        with pytest.raises(ExportError, match="there already"):
            write_set(workspace, plan(workspace), HF, tmp_path / name)
    with pytest.raises(MissingFolderError):
        write_set(workspace, plan(workspace), HF, tmp_path / "a" / "b")
    with pytest.raises(ExportError, match="no clip comes out"):
        write_set(workspace, plan(workspace, threshold=5.0), HF, tmp_path / "set")
    assert workspace.exports.find() == []


def test_wrong_options_are_named_with_what_is_allowed() -> None:
    with pytest.raises(ExportError, match=r"no option 'fps'.*crf .a whole number from 0 to 51"):
        choose_format("hf", {"fps": "30"})
    with pytest.raises(ExportError, match=r"crf.*Allowed for crf: a whole number from 0 to 51"):
        choose_format("hf", {"crf": "99"})
    with pytest.raises(ExportError, match=r"no format called 'nonsense'.*Known formats: lerobot, webdataset, hf"):
        choose_format("nonsense", {})
    assert choose_format("hf", {"short_side_px": "none", "crf": "18"}).options == {}
    assert choose_format("hf", {"short_side_px": "240"}).options == {"short_side_px": 240}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("No space left on device: '/media/a b/jobs/x y.mp4'", "No space left on device: 'x y.mp4'"),
        ("can't read /data/a/b.mp4: bad", "can't read b.mp4: bad"),
        ("frames 1/2 and/or 3", "frames 1/2 and/or 3"),
        ("C:\\Users\\me\\x.mp4 is gone", "x.mp4 is gone"),
    ],
)
def test_reasons_on_a_card_hold_no_folder_of_this_machine(error: str, told: str) -> None:
    assert without_folders(error) == told
