"""`handpicked audit` as a build runs it: what it prints, the page, the JSON, exit codes, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from storage import Workspace
from tests.app.cli.running import as_json, handpicked
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill
from tests.synthetic_video import write_video

QUICK = ("--skip", "hands,embedding")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary workspaces are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound video, its copy, and half of it."""
    folder = tmp_path_factory.mktemp("footage")
    write_video(folder / "one.mp4", 60)
    shutil.copyfile(folder / "one.mp4", folder / "two.mp4")
    (folder / "half.mp4").write_bytes((folder / "one.mp4").read_bytes()[:3000])
    return folder


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> Path:
    """A workspace with this footage, of which nothing is measured."""
    root = tmp_path_factory.mktemp("imported") / "w"
    assert handpicked("import", footage, "--clips", "stride", "--no-pictures", workspace=root).returncode == 3
    return root


def audit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command without a workspace of its own."""
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    from app.cli.root import run

    words = ["audit", *map(str, arguments)]
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run(words)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def test_a_folder_in_words_json_and_a_page_and_nothing_left(tmp_path: Path, footage: Path, temporary: Path) -> None:
    page = tmp_path / "audit.html"
    ran = audit(footage, *QUICK, "--out", page)
    assert ran.returncode == 0, ran.stderr
    assert "does-not-open" in ran.stdout
    assert "1 of 3 files (33%)" in ran.stdout
    assert "half.mp4" in ran.stderr
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "data:image/" in page.read_text(encoding="utf-8"), "clips that were found are shown"
    said = as_json(audit("--json", footage, "--no-measure"))
    assert set(said) == {
        *("format", "version", "about", "findings", "numbers", "settings", "fail_on", "exit_code"),
    }
    assert (said["format"], said["version"], said["about"]["kind"]) == ("handpicked-audit", 1, "folder")
    found = {one["rule"]: one for one in said["findings"]}
    assert set(found["does-not-open"]) == {
        *("rule", "family", "severity", "subject", "standing", "title", "meaning", "remedy", "limit", "count"),
        *("checked", "unknown", "why_unknown", "rate", "hits", "groups"),
    }
    (hit,) = found["does-not-open"]["hits"]
    assert hit["id"] == str(footage / "half.mp4")
    assert found["same-content"]["count"] == 1
    assert (found["no-hands"]["standing"], found["no-hands"]["rate"]) == ("unknown", None)
    assert list(temporary.iterdir()) == []
    assert not (Path.cwd() / "workspace").exists()


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ((), 0),
        (("stated-length", "file-missing"), 0),
        (("does-not-open",), 1),
        (("does-not-open=0.5",), 0),
        (("does-not-open=0.2",), 1),
        (("no-hands",), 3),
        (("no-hands", "does-not-open"), 1),
        (("no-hands=1",), 0),
        (("checksum",), 3),
        (("errors",), 1),
        (("flies",), 2),
        (("no-hands=2",), 2),
    ],
)
def test_exit_codes(imported: Path, conditions: tuple[str, ...], code: int) -> None:
    named = [word for condition in conditions for word in ("--fail-on", condition)]
    ran = handpicked("audit", *named, workspace=imported)
    assert ran.returncode == code, ran.stderr
    if code == 1:
        assert "Failed by --fail-on" in ran.stderr
    if code == 3:
        assert "Open by --fail-on" in ran.stderr


def test_wrong_usage_reads_nothing(tmp_path: Path, footage: Path, temporary: Path) -> None:
    for words in (
        (footage, "--skip", "ears"),
        (footage, "--settings", tmp_path / "nowhere.yaml"),
        (footage, "--sample", "0"),
    ):
        assert audit(*words).returncode == 2, words
    assert audit(tmp_path / "nowhere").returncode == 1
    ran = handpicked("audit", footage, workspace=tmp_path / "w")
    assert ran.returncode == 2
    assert "either a path or --workspace" in " ".join(ran.stderr.replace("│", " ").split())
    assert handpicked("audit", workspace=tmp_path / "w").returncode == 2
    assert not (tmp_path / "w").exists(), "no workspace is made by looking for one"
    assert list(temporary.iterdir()) == []


def test_other_lines_can_be_drawn(tmp_path: Path, footage: Path) -> None:
    lines = tmp_path / "lines.yaml"
    lines.write_text("footage:\n  dark_luma: 255\n")
    skip = ("--skip", "hands,embedding,motion,sharpness")
    said = as_json(audit("--json", footage, *skip, "--settings", lines))
    found = {one["rule"]: one for one in said["findings"]}
    assert found["too-dark"]["rate"] == 1.0
    assert "under 255" in found["too-dark"]["limit"]
    assert said["settings"]["footage"]["dark_luma"] == 255
    lines.write_text("footage:\n  dark_lama: 255\n")
    ran = audit(footage, *skip, "--settings", lines)
    assert ran.returncode == 1
    assert "dark_luma" in ran.stderr, "the nearest name is said"


def test_a_workspace_is_read_as_it_is(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "w")
    with Workspace(root) as workspace:
        fill(workspace)
        before = [workspace.jobs.find(), workspace.features.state(), workspace.clips.state()]
    for ran in (handpicked("--json", "audit", workspace=root), audit("--json", root)):
        said = as_json(ran)
        assert (said["about"]["kind"], said["about"]["clips"], said["exit_code"]) == ("workspace", 40, 0)
        found = {one["rule"]: one for one in said["findings"]}
        assert (found["file-missing"]["count"], found["no-hands"]["checked"]) == (4, 40)
    with Workspace(root) as workspace:
        assert [workspace.jobs.find(), workspace.features.state(), workspace.clips.state()] == before
    assert audit(root, "--settings", root / "settings" / "audit.yaml").returncode == 2


@pytest.mark.slow
def test_a_bundle_is_held_against_its_manifest(tmp_path: Path, judged_sample: Path) -> None:
    root = shutil.copytree(judged_sample, tmp_path / "w")
    bundle = tmp_path / "bundle"
    assert handpicked("rank", "--top", "2", "--cut", bundle, workspace=root).returncode == 0
    whole = as_json(audit("--json", bundle, "--no-measure", "--fail-on", "checksum"))
    assert (whole["about"]["kind"], whole["exit_code"]) == ("bundle", 0)
    found = {one["rule"]: one for one in whole["findings"]}
    assert found["checksum"]["checked"] > 2
    assert found["reward-simulated"]["standing"] == "found", "scores came with the bundle: whose labels, is said"
    first, second = sorted((bundle / "clips").iterdir())
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    second.unlink()
    ran = audit("--json", bundle, "--no-measure", "--fail-on", "checksum")
    found = {one["rule"]: one for one in as_json(ran)["findings"]}
    assert ran.returncode == 1
    assert {hit["path"] for hit in found["checksum"]["hits"]} == {str(first), str(second)}
    assert str(first) not in {hit["path"] for hit in found["does-not-open"]["hits"]}, "it is named once"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_audit_that_is_stopped_leaves_nothing_behind(
    tmp_path: Path, temporary: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    for name in range(6):
        write_video(folder / f"{name}.mp4", 600 + name, size=(320, 240))
    page = tmp_path / "page.html"
    # Who runs the tests in the background of a script has them, and all that they start, pass over Ctrl-C.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    running = subprocess.Popen(
        [
            *(sys.executable, "-c", f"{hears}from app.cli import main; main()"),
            *("audit", str(folder), "--out", str(page), "--skip", "embedding"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    until = time.monotonic() + 60
    while not list(temporary.glob("handpicked-audit-*/workspace/jobs/*/spec.json")):
        assert time.monotonic() < until
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Nothing is left of it." in said
    assert list(temporary.glob("handpicked-audit-*")) == []
    assert not page.exists()


def test_json_is_one_document_whatever_the_names(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "a\x1b[2J\nb.mp4").write_bytes(b"no video")
    ran = audit("--json", folder, "--no-measure")
    assert json.loads(ran.stdout)["findings"]
    ran = audit(folder, "--no-measure")
    assert "\x1b[2J" not in ran.stdout + ran.stderr
