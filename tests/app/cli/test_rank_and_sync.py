"""`rank`, `exports`, `import BUNDLE` and `sync` as a person runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from storage import Workspace
from tests.app.cli.running import as_json, handpicked
from tests.blank_workspace import lay_out
from tests.shared_footage import bring_in, label, measure, score

if TYPE_CHECKING:
    from storage.s3.target import Target


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace of four clips with scores and a label."""
    with Workspace(lay_out(tmp_path / "w")) as workspace:
        clips = bring_in(workspace, tmp_path / "footage")
        measure(workspace, clips)
        score(workspace, clips, [0.5, 0.4, 0.9, -0.2])
        label(workspace, clips[2], clips[0], kind="simulated")
    return tmp_path / "w"


def test_rank_writes_cuts_and_repeats_and_a_colleague_imports(root: Path, tmp_path: Path) -> None:
    out, cut = tmp_path / "best.csv", tmp_path / "best"
    ran = handpicked("--json", "rank", "--top", "2", "--out", out, "--cut", cut, workspace=root)
    assert ran.returncode == 0, ran.stderr
    said = as_json(ran)
    assert (said["clips"], said["ranked_by"], said["model_id"], said["failed"]) == (2, "reward", "model-1", [])
    assert pd.read_csv(out)["clip_id"].tolist() == ["two@0-1000", "one@0-1000"]
    again = handpicked("rank", "--top", "2", "--out", out, workspace=root)
    assert again.returncode == 1
    assert "--overwrite" in again.stderr
    listed = as_json(handpicked("--json", "exports", "list", workspace=root))["exports"]
    assert [run["export_id"] for run in listed] == [said["export_id"]]
    assert "top 2" in handpicked("exports", "list", workspace=root).stdout
    copy = tmp_path / "copy.csv"
    assert handpicked("exports", "repeat", said["export_id"], "--out", copy, workspace=root).returncode == 0
    assert copy.read_bytes() == out.read_bytes()
    only_cut = handpicked("exports", "repeat", said["export_id"], "--cut", tmp_path / "again", workspace=root)
    assert (tmp_path / "again" / "manifest.json").is_file()
    assert only_cut.stderr.rstrip().endswith("--cut DIR"), "a bundle is repeated as a bundle"
    assert "--out" not in only_cut.stderr.splitlines()[-1]
    ran = handpicked("--json", "import", cut, workspace=tmp_path / "colleague")
    assert ran.returncode == 0, ran.stderr
    brought = as_json(ran)
    assert (brought["bundles"][0]["clips"], brought["simulated_labels_added"], brought["labels_added"]) == (2, 1, 0)


def test_rank_says_what_only_a_tag_brings_in_and_makes_no_mistyped_folder(root: Path, tmp_path: Path) -> None:
    with Workspace(root) as workspace:
        workspace.tags.add_theirs([("two@1000-2000", "keep")], "Theirs")
    (tmp_path / "exports").mkdir()
    ran = handpicked("rank", "--top", "2", "--out", tmp_path / "exprots" / "best.csv", workspace=root)
    assert ran.returncode == 1
    assert "there is no folder" in ran.stderr
    assert "--make-folders" in ran.stderr
    assert str(tmp_path / "exports" / "best.csv") in "".join(ran.stderr.split("\n"))
    assert not (tmp_path / "exprots").exists()
    ran = handpicked("rank", "--top", "2", "--out", tmp_path / "a" / "best.csv", "--make-folders", workspace=root)
    assert ran.returncode == 0, ran.stderr
    assert "1 of 2 is here because of its keep tag; without it its rank would be 4." in " ".join(ran.stderr.split())
    place = tmp_path / "exports" / "best.csv"
    said = as_json(handpicked("--json", "rank", "--top", "2", "--out", place, workspace=root))
    assert said["kept_by_tag"] == [{"clip_id": "two@1000-2000", "rank": 4, "score": -0.2}]
    assert "keep tag" in said["notes"][-1]


def test_a_clip_that_a_bundle_leaves_out_is_said_once_and_alike_of_a_folder_and_of_a_zip_file(
    root: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "best"
    assert handpicked("rank", "--top", "3", "--out", tmp_path / "x.csv", "--cut", cut, workspace=root).returncode == 0
    said = json.loads((cut / "manifest.json").read_text())
    said["clips"][0]["start_s"] = "NaN"
    gone = cut / said["clips"][1]["file"]
    gone.unlink()
    (cut / "manifest.json").write_text(json.dumps(said))
    packed = Path(shutil.make_archive(str(cut), "zip", cut))
    for number, bundle in enumerate((cut, packed)):
        ran = handpicked("--json", "import", bundle, workspace=tmp_path / f"colleague-{number}")
        assert ran.returncode == 3, ran.stderr
        assert ran.stderr.count("Clip 1 is left out") == 1
        assert ran.stderr.count(f"{said['clips'][1]['clip_id']} is left out") == 1
        (about,) = as_json(ran)["bundles"]
        assert (about["clips"], about["clips_here"], about["clips_in_bundle"]) == (1, 1, 3)
        named = [*about["problems"], *about["left_out"], *(n for job in about["follow_ups"] for n in job["left_out"])]
        assert sum(name.startswith(("Clip 1 is", f"{said['clips'][1]['clip_id']} is")) for name in named) == 2
        with Workspace(tmp_path / f"colleague-{number}") as theirs:
            assert theirs.clips.count() == 1
            assert {job.message for job in theirs.jobs.find()} == {""}, "nothing went wrong after the jobs"
        again = handpicked("import", bundle, workspace=tmp_path / f"colleague-{number}")
        assert f"{bundle}: 0 clips came in; 1 of the bundle's 3 are here." in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("rank",),
        ("rank", "--out", "x.csv", "--top", "0"),
        ("rank", "--out", "x.csv", "--diversity", "2"),
        ("exports", "repeat", "x"),
        ("sync",),
        ("sync", "push", "s3://abc/x", "--what", "nonsense"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert handpicked(*arguments, workspace=tmp_path / "w").returncode == 2


def test_rank_of_nothing_says_so(tmp_path: Path) -> None:
    ran = handpicked("rank", "--out", tmp_path / "x.csv", workspace=tmp_path / "w")
    assert ran.returncode == 1
    assert "no clip" in ran.stderr
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.slow
def test_push_and_pull(root: Path, tmp_path: Path, target: Target) -> None:
    place = (str(target), "--endpoint-url", str(target.endpoint_url))
    dry = handpicked("--json", "sync", "push", *place, "--dry-run", workspace=root)
    assert dry.returncode == 0, dry.stderr
    assert len(as_json(dry)["send"]) == 3
    pushed = as_json(handpicked("--json", "sync", "push", *place, workspace=root))
    assert (pushed["state"], pushed["failed"], len(pushed["send"])) == ("done", [], 3)
    pulled = handpicked("--json", "sync", "pull", *place, workspace=tmp_path / "colleague")
    assert pulled.returncode == 0, pulled.stderr
    assert len(as_json(pulled)["fetch"]) == 3
    with Workspace(tmp_path / "colleague") as theirs:
        assert theirs.clips.count() == 4
        assert theirs.labels.counts().simulated == 1
    again = handpicked("sync", "pull", *place, workspace=tmp_path / "colleague")
    assert "0 files to fetch" in again.stderr


def test_sync_without_a_bucket_or_with_a_wrong_one_is_a_plain_failure(tmp_path: Path) -> None:
    for arguments, said in (((), "no bucket"), (("http://x",), "no place in S3")):
        ran = handpicked("sync", "push", *arguments, workspace=tmp_path / "w")
        assert ran.returncode == 1
        assert said in ran.stderr
        assert "Traceback" not in ran.stderr
