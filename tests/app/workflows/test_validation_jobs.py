"""Validation and ablation as jobs: worker processes, the store, and the pages over what they found."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from app.reports.validation_html import report_html
from app.reports.validation_words import numbers
from app.workflows.extracting import extract_spec
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.validating import ablate_spec, run_of_job, validate_spec
from engine.settings.jobs import DeviceSettings, JobSettings
from storage import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 120.0
pytestmark = pytest.mark.timeout(900)  # whoever comes first makes the sample workspace, on a busy machine slowly


@pytest.fixture
def opened(judged_sample: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of the judged sample workspace, without what its validation left in the cache."""
    shutil.copytree(judged_sample, tmp_path / "workspace")
    shutil.rmtree(tmp_path / "workspace" / "cache")
    with Workspace(tmp_path / "workspace") as workspace:
        yield workspace


@pytest.mark.slow
def test_what_the_jobs_found_is_what_the_pages_show(opened: Workspace) -> None:
    run = opened.validation.latest()
    model = opened.rewards.current()
    assert run is not None
    assert model is not None
    assert (run.model_id, run.settings["labels"]["simulated"]) == (model.model_id, 120)
    clips = opened.validation.gains(run.run_id)
    assert len(clips) == run.report.clips >= 4
    assert {clip.clip_id for clip in clips} <= opened.clips.ids()
    assert len({clip.video_id for clip in clips}) == run.report.sources
    assert run.report.verdict.sentence in report_html(run, clips)
    assert run.report.computed_on == dict.fromkeys(("networks", "from scratch", "gains"), "CPU")
    assert "Computed on CPU." in report_html(run, clips)
    assert {"ρ", "Reliability of ΔM", "Skill of the robot model"} <= {row.number for row in numbers(run.report)}
    (ablation,) = opened.validation.ablations()
    assert (ablation.validation_run_id, ablation.model_id) == (run.run_id, model.model_id)
    assert ablation.report.rows[0].groups == ("motion", "hands")
    assert ablation.report.computed_on == "CPU"
    assert ablation.report.clips == run.report.clips
    for job in opened.jobs.find():
        assert not (opened.paths.job(job.job_id) / "inputs").exists(), job.kind


@pytest.mark.slow
def test_a_cancelled_validation_leaves_no_half_and_goes_on_from_its_networks(opened: Workspace) -> None:
    before = opened.database.scalar("SELECT count(*) FROM clip_gain")
    supervisor = Supervisor(opened)
    try:
        spec = validate_spec(opened, seed=5)
        job_id = supervisor.submit("Validate", spec)
        cache = opened.paths.cache / "validation"
        until = time.monotonic() + PATIENCE_S
        # A thread that is done with its trunk goes on to a network from scratch, however long the other's trunk takes.
        kept = ("trunk-*-5-*.npz", 2), ("full-*-5-*.npz", 1)
        while any(len(list(cache.glob(name))) < least for name, least in kept) and time.monotonic() < until:
            time.sleep(0.02)
        supervisor.cancel(job_id)
        job = supervisor.wait(job_id, PATIENCE_S)
        assert job.state == "cancelled"
        assert job.message == (
            "Cancelled: nothing of it is kept but frames and trained networks. Resume goes on from those."
        )
        assert opened.validation.get(run_of_job(spec)) is None
        assert opened.database.scalar("SELECT count(*) FROM clip_gain") == before
        assert not (opened.paths.job(job_id) / "inputs").exists()

        supervisor.resume(job_id)
        assert supervisor.wait(job_id, PATIENCE_S).state == "done"
    finally:
        supervisor.close()
    run = opened.validation.get(run_of_job(spec))
    assert run is not None
    assert run.report.reused is not None
    assert run.report.reused["trunks"] >= 2
    assert run.report.reused["trainings"] >= 1
    assert len(opened.validation.gains(run.run_id)) == run.report.clips


def test_the_device_of_the_settings_reaches_the_work_and_a_card_that_is_not_there_is_refused(opened: Workspace) -> None:
    assert (validate_spec(opened).settings.device, ablate_spec(opened).settings.device) == ("auto", "auto")
    assert extract_spec(opened, again=True).settings.resources.device == "auto"
    asked = opened.settings.load(JobSettings).model_copy(update={"compute": DeviceSettings(device="cuda:99")})
    opened.settings.save(asked)
    assert extract_spec(opened, again=True).settings.resources.device == "cuda:99"
    supervisor = Supervisor(opened)
    try:
        for title, spec in (("Validate", validate_spec(opened)), ("Ablate", ablate_spec(opened))):
            job = supervisor.wait(supervisor.submit(title, spec), PATIENCE_S)
            assert job.state == "failed"
            assert "The device 'cuda:99' is not there" in job.message
    finally:
        supervisor.close()


def test_a_cancelled_ablation_leaves_nothing_and_starts_over(opened: Workspace) -> None:
    supervisor = Supervisor(opened)
    try:
        spec = ablate_spec(opened, groups=[("hands",)])
        job_id = supervisor.submit("Ablate", spec)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            live = supervisor.live(opened.jobs.get(job_id))
            if live is not None and live.current:
                break
            time.sleep(0.02)
        supervisor.cancel(job_id)
        job = supervisor.wait(job_id, PATIENCE_S)
    finally:
        supervisor.close()
    assert (job.state, job.message) == ("cancelled", "Cancelled: nothing of it is kept. Resume starts over.")
    assert run_of_job(spec) not in [run.run_id for run in opened.validation.ablations()]
