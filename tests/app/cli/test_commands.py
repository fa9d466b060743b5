"""The command line: exit codes, output, and that it is a process like any other."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from storage.database import Database
from tests.app.cli.running import as_json, handpicked, handpicked_process
from tests.synthetic_video import write_video


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A folder with a video, a copy of it, a broken one and a text."""
    folder = tmp_path / "footage"
    folder.mkdir()
    write_video(folder / "one.mp4", 60)
    (folder / "copy of one.mp4").write_bytes((folder / "one.mp4").read_bytes())
    (folder / "broken.mp4").write_bytes(b"\0" * 100)
    (folder / "read me").write_text("no video")
    return folder


def test_import_prints_counts_and_reasons(tmp_path: Path, footage: Path) -> None:
    ran = handpicked_process(
        "--json", "import", footage, "--clips", "stride", "--stride-s", "1", "--length-s", "1", workspace=tmp_path / "w"
    )
    assert ran.returncode == 3, ran.stderr  # one file of it can't be read
    said = as_json(ran)
    assert said["videos_added"] == 1
    assert said["clips_added"] == 2
    assert [entry["path"] for entry in said["failed"]] == [str(footage / "broken.mp4")]
    reasons = {entry["path"].rpartition("/")[2]: entry["reason"] for entry in said["skipped"]}
    assert set(reasons) in ({"one.mp4", "read me"}, {"copy of one.mp4", "read me"}, {"one.mp4"}, {"copy of one.mp4"})
    assert any("same content" in reason for reason in reasons.values())


def test_json_is_taken_wherever_it_stands(tmp_path: Path) -> None:
    ran = handpicked("jobs", "list", "--json", workspace=tmp_path / "w")
    assert as_json(ran) == {"jobs": []}


def test_nothing_but_rubbish_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"")
    ran = handpicked_process("import", tmp_path / "broken.mp4", workspace=tmp_path / "w")
    assert ran.returncode == 1
    assert "broken.mp4" in ran.stdout + ran.stderr


@pytest.mark.parametrize("arguments", [("import",), ("download", "--source", "epic"), ("query",), ("nonsense",)])
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert handpicked(*arguments, workspace=tmp_path / "w").returncode == 2


def test_query_reads_in_three_formats_and_never_writes(tmp_path: Path, footage: Path) -> None:
    workspace = tmp_path / "w"
    handpicked("import", footage, "--clips", "whole", workspace=workspace)
    sql = "SELECT name, round(duration_s) AS seconds FROM video"
    assert as_json(handpicked("query", sql, "--format", "json", workspace=workspace))[0]["seconds"] == 2
    assert handpicked("query", sql, "--format", "csv", workspace=workspace).stdout.startswith("name,seconds\n")
    assert "seconds" in handpicked("query", sql, workspace=workspace).stdout
    refused = handpicked("query", "DELETE FROM video", workspace=workspace)
    assert refused.returncode == 1
    assert "read-only" in refused.stderr
    assert as_json(handpicked("--json", "query", "SELECT count(*) AS n FROM video", workspace=workspace)) == [{"n": 1}]


def test_query_without_a_workspace_says_so(tmp_path: Path) -> None:
    ran = handpicked("query", "SELECT 1", workspace=tmp_path / "nowhere")
    assert ran.returncode == 1
    assert "no workspace" in ran.stderr
    assert not (tmp_path / "nowhere").exists()


def test_jobs_are_listed_shown_and_retried(tmp_path: Path, footage: Path) -> None:
    workspace = tmp_path / "w"
    handpicked("import", footage, "--no-pictures", workspace=workspace)
    listed = as_json(handpicked("--json", "jobs", "list", workspace=workspace))["jobs"]
    assert [(job["kind"], job["state"], job["failed"]) for job in listed] == [("import", "done", 1)]
    shown = as_json(handpicked("--json", "jobs", "show", "1", workspace=workspace))
    assert shown["failures"][0]["item"] == str(footage / "broken.mp4")
    write_video(footage / "broken.mp4", 30)
    retried = handpicked("jobs", "retry", "1", workspace=workspace)
    assert retried.returncode == 0, retried.stderr
    assert as_json(handpicked("--json", "jobs", "list", workspace=workspace))["jobs"][-1]["failed"] == 0


def test_an_unknown_job_is_a_plain_failure(tmp_path: Path) -> None:
    ran = handpicked("jobs", "show", "77", workspace=tmp_path / "w")
    assert ran.returncode == 1
    assert "there is no job 77" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_annotations_alone_wait_for_their_videos(tmp_path: Path) -> None:
    table = tmp_path / "actions.csv"
    table.write_text("video,start_s,end_s,label\nkitchen,0.5,1.5,open door\nkitchen,nonsense,2,close\n")
    ran = handpicked("--json", "import", table, workspace=tmp_path / "w")
    said = as_json(ran)
    assert (ran.returncode, said["segments_added"]) == (3, 1)
    assert said["segments_waiting"] == 1
    assert "line 3" in said["problems"][0]
    write_video(tmp_path / "kitchen.mp4", 60)
    said = as_json(
        handpicked("--json", "import", tmp_path / "kitchen.mp4", "--clips", "annotations", workspace=tmp_path / "w")
    )
    assert (said["videos_added"], said["clips_added"], said["segments_waiting"]) == (1, 1, 0)


def test_doctor_finds_what_the_setup_installed(tmp_path: Path) -> None:
    said = as_json(handpicked("--json", "doctor", workspace=tmp_path / "w"))
    by_name = {check["name"]: check for check in said["checks"]}
    assert by_name["MediaPipe hand landmarker"]["state"] == "ok"
    assert by_name["Encodes"]["state"] == "ok"
    assert by_name["OpenCV"]["state"] == "ok", "two OpenCV distributions overwrite each other"


def test_version(tmp_path: Path) -> None:
    assert handpicked_process("--version", workspace=tmp_path).stdout.strip() == version("handpicked")


def test_labels_go_into_a_file_and_back(tmp_path: Path, footage: Path) -> None:
    workspace = tmp_path / "w"
    handpicked("import", footage, "--clips", "stride", "--stride-s", "1", "--length-s", "1", workspace=workspace)
    one, other = as_json(
        handpicked("query", "SELECT clip_id FROM clip ORDER BY 1", "--format", "json", workspace=workspace)
    )
    file = tmp_path / "labels.csv"
    file.write_text(
        f"left_clip,right_clip,label,annotator\n{one['clip_id']},{other['clip_id']},left,ann\na,b,left,ann\n"
    )
    ran = handpicked("--json", "labels", "import", file, workspace=workspace)
    assert (ran.returncode, as_json(ran)["added"]) == (3, 1)
    assert as_json(ran)["problems"] == [{"line": 3, "reason": "no clip 'a' and no clip 'b' here"}]
    again = handpicked("labels", "import", file, workspace=workspace)
    assert again.returncode == 3
    assert "Added 0 labels, 1 known already, 1 row left out." in again.stderr
    stats = as_json(handpicked("--json", "labels", "stats", workspace=workspace))
    assert (stats["people"], stats["simulated"]) == (1, 0)
    assert stats["statistics"]["people"]["alpha"] is None
    exported = handpicked("labels", "export", "-", "--format", "crowd-kit", workspace=workspace)
    assert exported.stdout == f"worker,left,right,label\nann,{one['clip_id']},{other['clip_id']},{one['clip_id']}\n"
    assert handpicked("labels", "export", "-", "--format", "xml", workspace=workspace).returncode == 2
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("clip,score\n")
    refused = handpicked("labels", "import", nothing, workspace=workspace)
    assert refused.returncode == 1
    assert "Name the columns" in refused.stderr


def test_home_folders_of_nobody_are_sentences(tmp_path: Path) -> None:
    nobody = "~no-such-user-here/x"
    for arguments, workspace in [
        (("import", nobody), tmp_path / "workspace"),
        (("jobs", "list"), Path(nobody)),
        (("demo", "--out", nobody), tmp_path / "workspace"),
    ]:
        ran = handpicked(*arguments, workspace=workspace)
        assert ran.returncode == 1, arguments
        assert "there is no user 'no-such-user-here' on this machine" in " ".join((ran.stdout + ran.stderr).split())


def test_sql_without_an_end_is_stopped(tmp_path: Path, footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = tmp_path / "workspace"
    assert handpicked("import", footage / "one.mp4", "--no-pictures", workspace=workspace).returncode == 0
    endless = "FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 3"
    monkeypatch.setitem(Database.read_only.__kwdefaults__, "limit_s", 0.5)
    for arguments, limit in [
        (("query", f"SELECT count(*) {endless}", "--time-limit", "0.6"), "0.6 s"),
        (("extract", "--clips-where", f"start_s < (SELECT count(*) {endless})"), "0.5 s"),
    ]:
        ran = handpicked(*arguments, workspace=workspace)
        assert ran.returncode == 1, arguments
        assert f"had no answer after {limit} and was stopped" in " ".join(ran.stderr.split())
