"""Success as a job: what it asks for, what it leaves behind, and what page, command and report say of it."""

from __future__ import annotations

import html
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.reports.success_words import attempt_words, success_about, success_lines, success_sentence
from app.reports.validation_html import report_html
from app.services import close_services, open_services
from app.workflows.rollouts import rollouts_spec
from engine.statistics.interval import Estimate
from engine.validation.success_report import CONDITIONS, Rate, RolloutVideo, SuccessReport, SuccessRow
from engine.video.probe import probe
from storage import Workspace
from storage.errors import StorageError
from storage.validation import SuccessRun, ValidationRun
from tests.app.pages.test_rewards import said, show
from tests.app.workflows.waiting import until
from tests.stored_reports import validation_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


def rate(mean: float, lead: tuple[float, float, float] | None = None) -> Rate:
    return Rate(mean=mean, error=0.02, lead=Estimate(*lead) if lead else None)


def row(name: str, placed: Rate, clips: int | None = 20, *, hidden: bool = False) -> SuccessRow:
    return SuccessRow(
        name=name, clips=clips, policies=5, grasp=rate(0.7), placed=placed, approach=rate(0.8), hidden=hidden
    )


def report(lead: tuple[float, float, float] = (0.2, 0.1, 0.3), seeds: int = 5) -> SuccessReport:
    return SuccessReport(
        rows=(
            row("best by reward", rate(0.49, lead)),
            row("best by hidden quality", rate(0.52, (0.23, 0.1, 0.3)), hidden=True),
            row("random", rate(0.29)),
            row("all clips", rate(0.30, (0.01, -0.1, 0.1)), 60),
            row("expert", rate(1.0, (0.7, 0.6, 0.8)), None),
        ),
        seeds=seeds,
        scenes=100,
        seconds=4.0,
        clips=60,
        best_feature="hands_speed_mean",
        groups=None,
        subsets=None,
        videos=(
            RolloutVideo(
                row="random", scene=3, grasp=True, placed=False, approach=0.9, file="rollouts/success-1-1.mp4"
            ),
        ),
    )


def test_the_sentence_says_what_was_found_and_no_more() -> None:
    sentence = success_sentence(report())
    assert "third of the clips with the highest reward places a thing in 49% of unseen scenes" in sentence
    assert "random clips in 29%, on all clips in 30%" in sentence
    assert "more often than chance" in sentence.rsplit(".", 2)[1]
    assert "leaves open" in success_sentence(report((0.1, -0.05, 0.3)))
    assert "less often" in success_sentence(report((-0.2, -0.3, -0.1)))
    assert "Too little for a claim" in success_about(report(seeds=2))
    assert "Too little" not in success_about(report())


def test_the_table_marks_what_only_the_renderer_knows() -> None:
    lines = {line.trained_on: line for line in success_lines(report())}
    assert lines["best by reward"].placed == "0.49 ± 0.02"
    assert lines["best by reward"].lead == "+0.20 [+0.10, +0.30]"
    assert "best by hidden quality (known to the renderer only)" in lines
    assert lines["expert"].clips == "–"
    assert lines["random"].lead == "–"


def test_an_attempt_in_words() -> None:
    video = report().videos[0]
    assert attempt_words(video) == "Trained on random, scene 3: grasps a thing, and does not place it."


def test_the_exported_report_holds_the_table_and_its_conditions(tmp_path: Path) -> None:
    about = {"created_at": datetime(2026, 1, 1, tzinfo=UTC), "seed": 0, "fingerprint": "f"}
    settings = {"effort": "quick", "validation": {"pools": {"base_share": 0.1}}}
    run = ValidationRun(run_id="v", model_id=None, settings=settings, report=validation_report(), **about)
    success = SuccessRun(run_id="s", validation_run_id="v", settings=settings, report=report(), **about)
    page = report_html(run, [], success)
    assert "0.49 ± 0.02" in page
    for condition in CONDITIONS:
        assert html.escape(condition) in page
    assert "0.49 ± 0.02" not in report_html(run, [])


def test_counts_of_success_are_kept_and_the_newest_of_a_validation_is_found(tmp_path: Path) -> None:
    with Workspace(tmp_path / "workspace") as workspace:
        about = {"created_at": datetime(2026, 1, 1, tzinfo=UTC), "seed": 0, "fingerprint": "f", "settings": {}}
        first = SuccessRun(run_id="s1", validation_run_id="v", report=report(), **about)
        later = SuccessRun(run_id="s2", validation_run_id="v", report=report(seeds=2), **about)
        for run in (first, later, first):
            workspace.validation.add_success(run)
        assert workspace.validation.success("v") == later
        assert workspace.validation.success("w") is None


def test_without_a_validation_of_sample_clips_there_is_nothing_to_count(tmp_path: Path) -> None:
    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(StorageError, match="there is no validation"):
        rollouts_spec(workspace, "validation-1")


@pytest.fixture
def opened(judged_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The judged sample workspace as the app has it open."""
    shutil.copytree(judged_sample, tmp_path / "workspace")
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(tmp_path / "workspace"))
    yield open_services().workspace
    close_services()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_cancelled_count_stores_nothing_and_resume_counts_keeps_and_shows_all(opened: Workspace) -> None:
    """One count serves all of this: it takes half a minute of a core."""
    run = opened.validation.latest()
    assert run is not None
    before = show("validate.py")
    assert any("Success has not been counted" in one.value for one in before.markdown)
    supervisor = open_services().supervisor
    job_id = supervisor.submit("Count success", rollouts_spec(opened, run.run_id))
    cache = opened.paths.cache / "validation"
    until(lambda: list(cache.glob("success-*.npz")) or not opened.jobs.get(job_id).active, 400)
    supervisor.cancel(job_id)
    assert supervisor.wait(job_id, 120).state == "cancelled"
    assert opened.validation.success(run.run_id) is None
    assert not list(opened.paths.media.glob("rollouts/*"))
    kept = {path.name: path.stat().st_mtime_ns for path in cache.glob("success-*.npz")}
    assert kept
    supervisor.resume(job_id)
    assert supervisor.wait(job_id, 400).state == "done", supervisor.log(job_id)
    assert all((cache / name).stat().st_mtime_ns == at for name, at in kept.items()), "not tried again"
    stored = opened.validation.success(run.run_id)
    assert stored is not None
    check_counted(opened, stored.report)
    after: AppTest = show("validate.py")
    assert not after.exception, after.exception
    assert "One scene, three policies" in said(after)
    assert "Count again" in [button.label for button in after.button]
    for job in opened.jobs.find():
        assert not (opened.paths.job(job.job_id) / "inputs").exists()


def check_counted(workspace: Workspace, found: SuccessReport) -> None:
    """The rows that there have to be, what two of them can only hold, and videos that play."""
    names = [one.name for one in found.rows]
    assert {"best by reward", "best by ΔM", "best by hidden quality", "random", "all clips", "expert"} <= set(names)
    by_name = {one.name: one for one in found.rows}
    assert by_name["expert"].placed.mean == 1
    assert by_name["standing still"].placed.mean == 0
    assert (found.seeds, found.scenes, found.claim) == (1, 4, False)
    assert len(found.videos) == 3
    for video in found.videos:
        facts = probe(workspace.paths.media_file(video.file))
        assert (facts.width, facts.height, facts.codec) == (320, 180, "h264")
