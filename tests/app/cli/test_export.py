"""`export` as a person runs it: a data set in a format, listed and repeated, with options named when they are wrong."""

from __future__ import annotations

import filecmp
import json
from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from tests.app.cli.running import as_json, handpicked, handpicked_process
from tests.app.export_package import install
from tests.blank_workspace import lay_out
from tests.shared_footage import bring_in, measure, score

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace of four clips with scores."""
    with Workspace(lay_out(tmp_path / "w")) as workspace:
        clips = bring_in(workspace, tmp_path / "footage")
        measure(workspace, clips)
        score(workspace, clips, [0.5, 0.4, 0.9, -0.2])
    return tmp_path / "w"


def equal(one: Path, other: Path) -> bool:
    names = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    same, *wrong = filecmp.cmpfiles(one, other, names, shallow=False)
    return len(same) == len(names) > 0 and wrong == [[], []]


def test_export_writes_lists_and_repeats(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    ran = handpicked("--json", "export", "--format", "hf", "--out", out, "--top", "2", "--crf", "30", workspace=root)
    assert ran.returncode == 0, ran.stderr
    said = as_json(ran)
    assert (said["clips"], said["made"], said["format"], said["failed"]) == (2, 2, "hf", [])
    assert said["options"] == {"crf": 30, "short_side_px": None}
    assert said["size_bytes"] == sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    again = handpicked("export", "--format", "hf", "--out", out, workspace=root)
    assert again.returncode == 1
    assert "there already" in again.stderr
    listed = handpicked("exports", "list", workspace=root).stdout
    assert "as hf" in listed
    assert "crf 30" in " ".join(listed.split())
    ran = handpicked("exports", "repeat", said["export_id"], "--out", tmp_path / "again", workspace=root)
    assert ran.returncode == 0, ran.stderr
    assert equal(out, tmp_path / "again")
    ran = handpicked("exports", "repeat", said["export_id"], "--cut", tmp_path / "x", workspace=root)
    assert ran.returncode == 1
    assert "--out" in ran.stderr


def test_wrong_options_and_missing_ones_are_named(root: Path, tmp_path: Path) -> None:
    for wrong, said in (
        (("--fps", "30"), "no option 'fps'"),
        (("--set", "crf=99"), "a whole number from 0 to 51"),
        (("--set", "crf"), "NAME=VALUE"),
        (("--crf", "20", "--set", "crf=30"), "crf is given twice"),
        (("--format", "nonsense"), "Known formats: lerobot, webdataset, hf"),
    ):
        ran = handpicked("export", "--format", "hf", "--out", tmp_path / "set", *wrong, workspace=root)
        assert ran.returncode in (1, 2)
        assert said in " ".join(ran.stderr.split())
    assert handpicked("export", "--out", tmp_path / "set", workspace=root).returncode == 2
    assert handpicked("export", "--format", "hf", workspace=root).returncode == 2
    assert handpicked("export", "--format", "hf", "--out", "x", "--diversity", "0", workspace=root).returncode == 2
    assert not (tmp_path / "set").exists()


def test_formats_are_listed_with_their_options(tmp_path: Path) -> None:
    said = as_json(handpicked("--json", "export", "--formats", workspace=tmp_path / "none"))
    (hf,) = (one for one in said["formats"] if one["format"] == "hf")
    assert {"option": "crf", "allowed": "a whole number from 0 to 51", "default": 18}.items() <= hf["options"][
        0
    ].items()
    assert said["errors"] == []
    assert "videofolder" in handpicked("export", "--formats", workspace=tmp_path / "none").stdout


def test_a_format_of_an_installed_package_is_exported_in(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    out = tmp_path / "set"
    ran = handpicked_process(
        "--json", "export", "--format", "seconds", "--set", "unit=ms", "--out", str(out), "--top", "3", workspace=root
    )
    assert ran.returncode == 0, ran.stderr
    names = ("two@0-1000", "one@0-1000", "one@1000-2000")
    assert json.loads((out / "lengths.json").read_text()) == dict.fromkeys(names, 1000.0)
    listed = handpicked_process("export", "--formats", workspace=root)
    assert "seconds" in listed.stdout
    assert "s or ms" in " ".join(listed.stdout.split())
    assert "broken" in listed.stderr
