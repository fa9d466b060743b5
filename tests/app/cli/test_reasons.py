"""A job that fails says why: in text, in JSON, by the exit code, and later in `jobs show`. So does what follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.workflows import pictures
from storage import Workspace
from storage.errors import DiskFull
from tests.app.cli.running import as_json, handpicked, handpicked_process
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

STRIDE = ("--clips", "stride", "--stride-s", "1", "--length-s", "1")


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A folder with one video."""
    (tmp_path / "footage").mkdir()
    write_video(tmp_path / "footage" / "one.mp4", 60)
    return tmp_path / "footage"


@pytest.fixture
def no_egl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose libEGL.so.1 the system's loader can't load, for the processes that this test starts."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libEGL.so.1").write_text("no library\n")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path / "lib"))


@pytest.mark.slow
@pytest.mark.usefixtures("no_egl")
def test_mediapipe_that_can_not_load_is_named_with_what_to_install(tmp_path: Path, footage: Path) -> None:
    workspace = tmp_path / "w"
    handpicked("import", footage, *STRIDE, "--no-pictures", workspace=workspace)
    ran = handpicked_process("extract", "--only", "hands", "--json", workspace=workspace)
    said = as_json(ran)
    assert (ran.returncode, said["state"]) == (1, "failed")
    for words in ("libEGL.so.1", "apt-get install libegl1 libgles2"):
        assert words in said["message"]
        assert words in handpicked("jobs", "show", said["job_id"], workspace=workspace).stderr
        assert words in as_json(handpicked("--json", "jobs", "show", said["job_id"], workspace=workspace))["message"]
    text = handpicked_process("extract", "--only", "hands", workspace=workspace)
    assert text.returncode == 1
    assert "apt-get install libegl1 libgles2" in text.stderr
    some = handpicked_process("extract", "--only", "hands,exposure", "--json", workspace=workspace)
    said = as_json(some)
    assert (some.returncode, said["state"]) == (3, "done"), "the other extractor did its work"
    assert said["extractors"]["exposure"]["measured"] == 2
    assert {row["extractor"] for row in said["clips_failed"]} == {"hands"}
    assert all("libegl1" in row["error"] for row in said["clips_failed"])


@pytest.mark.slow
@pytest.mark.usefixtures("no_egl")
def test_doctor_calls_nothing_ok_that_does_not_load(tmp_path: Path) -> None:
    ran = handpicked("--json", "doctor", workspace=tmp_path / "w")
    checks = {check["name"]: check for check in as_json(ran)["checks"]}
    assert ran.returncode == 1
    assert checks["mediapipe"]["state"] == "missing"
    assert "libEGL.so.1" in checks["mediapipe"]["found"]
    assert "libegl1 libgles2" in checks["mediapipe"]["remedy"]
    assert {name for name in ("av", "torch", "open_clip_torch", "Decodes") if checks[name]["state"] != "ok"} == set()


def test_what_follows_a_command_and_fails_is_said_by_the_command(
    tmp_path: Path, footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull("the disk that holds the workspace is full.")

    monkeypatch.setattr(pictures, "PICTURES_KIND", replace(pictures.PICTURES_KIND, apply=full))
    workspace = tmp_path / "w"
    ran = handpicked("--json", "import", footage, *STRIDE, workspace=workspace)
    said = as_json(ran)
    assert (ran.returncode, said["state"], said["videos_added"]) == (1, "done", 1)
    (follow_up,) = said["follow_ups"]
    assert (follow_up["title"], follow_up["state"]) == ("Make thumbnails", "failed")
    assert "is full" in follow_up["message"]
    again = handpicked("import", footage, *STRIDE, workspace=workspace)
    assert again.returncode == 1
    assert (
        f"Make thumbnails (job {follow_up['job_id'] + 2}): the disk that holds the workspace is full." in again.stderr
    )
    assert "is full" in ran.stderr, "with --json too"
    events = as_json(handpicked("--json", "jobs", "show", said["job_id"], workspace=workspace))["events"]
    assert any("which followed, failed: the disk" in event["message"] for event in events)


def test_items_of_what_follows_that_fail_are_said_by_the_command(tmp_path: Path, footage: Path) -> None:
    workspace = tmp_path / "w"
    Workspace(workspace).close()
    (workspace / "media" / "clips").write_text("where a folder should be")
    ran = handpicked("--json", "import", footage, *STRIDE, workspace=workspace)
    said = as_json(ran)
    assert (ran.returncode, said["state"], said["failed"]) == (3, "done", [])
    (follow_up,) = said["follow_ups"]
    assert [failure["item"] for failure in follow_up["failed"]] == ["one"]
    assert "media/clips" in follow_up["failed"][0]["error"]
    assert "Make thumbnails" in handpicked("import", footage, *STRIDE, workspace=workspace).stderr


def test_a_video_that_can_not_be_read_makes_it_done_in_part(tmp_path: Path, footage: Path) -> None:
    (footage / "broken.mp4").write_bytes(b"\0" * 100)
    ran = handpicked("import", footage, *STRIDE, "--no-pictures", workspace=tmp_path / "w")
    assert ran.returncode == 3
    assert "broken.mp4" in ran.stdout + ran.stderr


def test_a_job_that_can_not_get_ready_says_why(tmp_path: Path, footage: Path) -> None:
    """Whatever the command: they all run jobs by one function."""
    workspace = tmp_path / "w"
    handpicked("import", footage, *STRIDE, "--no-pictures", workspace=workspace)
    with Workspace(workspace) as opened:
        opened.paths.jobs.joinpath("000002").write_text("where a job's folder should be")
    ran = handpicked("--json", "videos", "cut", "one", "--clips", "shots", workspace=workspace)
    assert ran.returncode == 1
    assert "can't be written down" in ran.stderr
