"""Commands that are killed at any moment: nothing half is under a good name, resume does the rest, no label is lost.

The real command, in a process of its own, ended by SIGKILL after a time drawn from a fixed seed.
"""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from engine.export.bundle import is_bundle, read_bundle
from engine.reward.checkpoint import load_reward
from engine.reward.settings import EnsembleSettings, ModelSettings, OptimiserSettings, ReportSettings, TrainingSettings
from engine.video.probe import probe
from storage import Workspace, migrations
from storage.settings_models import SETTINGS
from tests.app.cli.running import as_json, handpicked
from tests.app.workflows.waiting import until
from tests.app.workflows.worker_processes import workers_of
from tests.filled_workspace import fill
from tests.s3_server import ACCESS_KEY, SECRET_KEY
from tests.shared_footage import bring_in, label, measure, score

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from _typeshed import StrPath

    from storage.s3.target import Target

pytestmark = pytest.mark.slow


def killed(*arguments: StrPath, workspace: Path, after_s: float = 0, when: Callable[[], bool] = lambda: True) -> bool:
    """Start the command, kill it `when` something is so, or else `after_s`; returns whether it was still at work then.

    Its workers are gone afterwards.
    """
    command = [sys.executable, "-c", "from app.cli import main; main()", "--workspace", str(workspace)]
    with subprocess.Popen(
        [*command, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        until(lambda: when() or process.poll() is not None)
        at_work = process.poll() is None
        process.kill()
    until(lambda: not workers_of(workspace / "jobs"))
    return at_work


def moments(seed: int, earliest_s: float, latest_s: float, count: int = 3) -> list[float]:
    """When to kill."""
    draw = random.Random(seed)
    return [draw.uniform(earliest_s, latest_s) for _ in range(count)]


def unfinished(root: Path) -> list[int]:
    """The jobs that wait to be resumed."""
    handpicked("jobs", "list", workspace=root)  # marks what a dead process left
    listed = as_json(handpicked("--json", "jobs", "list", workspace=root))["jobs"]
    return sorted(job["job_id"] for job in listed if job["state"] in ("interrupted", "failed", "cancelled"))


def resume_all(root: Path) -> None:
    """Go on with what was cut off."""
    for job_id in unfinished(root):
        ran = handpicked("jobs", "resume", job_id, workspace=root)
        assert ran.returncode == 0, ran.stderr


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace of clips of real little videos, with scores and a person's label."""
    with Workspace(tmp_path / "w") as workspace:
        clips = bring_in(workspace, tmp_path / "footage", frames=192)
        measure(workspace, clips)
        score(workspace, clips, [number / 10 for number in range(len(clips))])
        label(workspace, clips[2], clips[0])
    return tmp_path / "w"


def test_a_killed_training_leaves_no_half_model_and_no_label_lost(tmp_path: Path) -> None:
    root = tmp_path / "w"
    with Workspace(root) as workspace:
        fill(workspace, videos=6)
        workspace.settings.save(ModelSettings(ensemble=EnsembleSettings(members=2)))
        optimiser = OptimiserSettings(epochs=10, patience=5, device="cpu")
        report = ReportSettings(bootstrap_rounds=50, learning_curve=False)
        workspace.settings.save(TrainingSettings(optimiser=optimiser, report=report))
        before = workspace.labels.counts()
    for number, after_s in enumerate(moments(1, 1.0, 9.0)):
        killed("train", "--name", f"model {number}", workspace=root, after_s=after_s)
        with Workspace(root) as workspace:
            assert workspace.labels.counts() == before
            check_models(workspace)
    resume_all(root)
    with Workspace(root) as workspace:
        check_models(workspace)
        assert workspace.labels.counts() == before
        made = [model for model in workspace.rewards.find() if model.model_id != "model-1"]
        assert made
        assert all(workspace.rewards.count_scores(model.model_id) for model in made)


def check_models(workspace: Workspace) -> None:
    """Every model that is listed loads."""
    for model in workspace.rewards.find():
        if model.model_id != "model-1":  # which never was
            assert load_reward(workspace.paths.model(model.model_id)).seed == model.seed


def test_a_killed_export_leaves_no_half_file_and_resume_completes_the_bundle(root: Path, tmp_path: Path) -> None:
    for number, after_s in enumerate(moments(2, 0.8, 4.0)):
        out, cut = tmp_path / f"list-{number}.csv", tmp_path / f"cut-{number}"
        at_work = killed("rank", "--out", out, "--cut", cut, workspace=root, after_s=after_s)
        check_export(out, cut, whole=not at_work)
    resume_all(root)
    for number in range(3):
        cut = tmp_path / f"cut-{number}"
        if cut.exists() and list(cut.rglob("*.mp4")):
            check_export(tmp_path / f"list-{number}.csv", cut, whole=True)
            assert not list(cut.rglob(".*.part"))
    with Workspace(root) as workspace:
        assert workspace.labels.counts().people == 1


def check_export(out: Path, cut: Path, *, whole: bool) -> None:
    """What has a good name is whole: list, clips, manifest."""
    if out.exists():
        assert len(pd.read_csv(out)) == 16
    files = list(cut.rglob("*.mp4")) if cut.exists() else []
    for file in files:
        assert probe(file).duration_s == pytest.approx(1.0, abs=0.05)
    if whole or is_bundle(cut):
        assert is_bundle(cut)
        assert len(files) == len(read_bundle(cut).manifest.clips) == 16


def test_a_killed_push_leaves_nothing_on_offer_that_is_not_there(root: Path, tmp_path: Path, target: Target) -> None:
    place = (str(target), "--endpoint-url", str(target.endpoint_url))
    for number, after_s in enumerate(moments(3, 1.0, 4.0)):
        killed("sync", "push", *place, workspace=root, after_s=after_s)
        ran = handpicked("--json", "sync", "pull", *place, workspace=tmp_path / f"colleague-{number}")
        assert ran.returncode == 0, ran.stderr  # what is on offer is there, be it nothing
    resume_all(root)
    assert handpicked("sync", "push", *place, workspace=root).returncode == 0
    pulled = handpicked("--json", "sync", "pull", *place, workspace=tmp_path / "last")
    assert pulled.returncode == 0, pulled.stderr
    with Workspace(tmp_path / "last") as theirs:
        assert (theirs.clips.count(), theirs.labels.counts().people) == (16, 1)


def test_no_credentials_are_left_anywhere_after_a_push(root: Path, tmp_path: Path, target: Target) -> None:
    cut = tmp_path / "cut"
    assert handpicked("rank", "--top", "2", "--cut", cut, workspace=root).returncode == 0
    place = (str(target), "--endpoint-url", str(target.endpoint_url))
    assert handpicked("sync", "push", *place, workspace=root).returncode == 0
    assert handpicked("sync", "pull", *place, workspace=tmp_path / "colleague").returncode == 0
    wrong = handpicked("sync", "push", f"s3://no-such-bucket-{'x' * 8}/x", *place[1:], workspace=root)
    assert wrong.returncode == 1
    assert SECRET_KEY not in wrong.stdout + wrong.stderr
    searched = 0
    for folder in (root, cut, tmp_path / "colleague"):
        for file in folder.rglob("*"):
            if file.is_file():
                searched += 1
                content = file.read_bytes()
                assert SECRET_KEY.encode() not in content, file
                assert ACCESS_KEY.encode() not in content, file
    assert searched > 20


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A workspace of the schema before the last, large enough that its backup takes a while."""
    known = migrations.migrations()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "migrations", lambda: {n: sql for n, sql in known.items() if n < max(known)})
        with Workspace(tmp_path / "w") as workspace:
            workspace.jobs.create("k", "kept", 1)
            workspace.database.write(
                "CREATE TABLE ballast AS SELECT hash(i) AS a, hash(i + 1) AS b, uuid() AS c FROM range(2000000) r(i)"
            )
    return tmp_path / "w"


def test_a_killed_migration_leaves_the_old_or_the_new_and_only_whole_backups(older: Path) -> None:
    backups = older / "backups"
    for after_s in moments(4, 0.35, 1.2, count=8):
        killed("jobs", "list", workspace=older, after_s=after_s)
        assert all(migrations.is_whole(file) for file in backups.glob("handpicked-v*.duckdb"))
    listed: list[dict[str, Any]] = as_json(handpicked("--json", "jobs", "list", workspace=older))["jobs"]
    assert [job["title"] for job in listed] == ["kept"]
    with Workspace(older) as workspace:
        assert migrations.version_of(workspace.database) == max(migrations.migrations())
        assert workspace.database.scalar("SELECT count(*) FROM ballast") == 2_000_000
    assert list(backups.glob("handpicked-v*.duckdb"))
    assert all(migrations.is_whole(file) for file in backups.glob("handpicked-v*.duckdb"))


def test_settings_are_whole_whenever_the_command_that_makes_them_is_killed(tmp_path: Path) -> None:
    for count in range(len(SETTINGS)):
        root = tmp_path / f"w{count}"
        written = root / "settings"
        killed("jobs", "list", workspace=root, when=lambda: len([*written.glob("*")]) > count)  # noqa: B023
        with Workspace(root) as workspace:
            for name, model in SETTINGS.items():
                assert workspace.settings.load(model) == model(), name
            assert not list(workspace.paths.settings.glob(".*.part"))
