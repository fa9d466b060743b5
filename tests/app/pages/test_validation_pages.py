"""Validate and Ablations over what real jobs found, and the click that trains the robot head."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from app.services import close_services, open_services
from tests.app.pages.test_rewards import said, show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from storage import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROBOT = "Use these gains to train the robot head"


@pytest.fixture
def opened(judged_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the app has open: with a reward, a validation and an ablation."""
    shutil.copytree(judged_sample, tmp_path / "workspace")
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(tmp_path / "workspace"))
    yield open_services().workspace
    close_services()


def supported(workspace: Workspace, **more: object) -> str:
    """Let the run stand as one whose data supports its gains; returns its id."""
    run = workspace.validation.latest()
    assert run is not None
    results = {**run.report.to_json(), "supported": True, **more}
    workspace.database.write(
        "UPDATE validation_run SET results = ? WHERE run_id = ?", [json.dumps(results), run.run_id]
    )
    return run.run_id


def test_the_pages_name_the_model_and_say_what_the_data_can_not_support(opened: Workspace) -> None:
    test = show("validate.py")
    assert "First on " in said(test)
    assert "simulated annotators, not by people" in said(test)
    assert ROBOT not in [button.label for button in test.button]
    test.toggle(key="validate-unsupported").set_value(True).run()
    assert next(button for button in test.button if button.label == ROBOT).disabled
    assert "not offered to the robot head" in said(test)
    assert "With all features ρ" in said(show("ablations.py"))


def test_one_click_trains_the_robot_head_on_the_gains(opened: Workspace) -> None:
    run_id = supported(opened, own_gains={"validation-0": 7})
    test: AppTest = show("validate.py")
    assert any("7 gains" in text.value for text in test.markdown), "the model learned from such gains"
    next(button for button in test.button if button.label == ROBOT).click().run()
    assert not test.exception, test.exception
    supervisor = open_services().supervisor
    (job,) = opened.jobs.find(kind="train", limit=1)
    assert supervisor.wait(job.job_id, 600).state == "done", supervisor.log(job.job_id)
    model = opened.rewards.current()
    assert model is not None
    assert model.report is not None
    assert model.report.gain_sources == {run_id: opened.validation.gains_used(run_id)}
    assert model.report.gains > 0
    table = opened.rewards.scores(model.model_id)
    assert all(value is not None for value in table.column("robot_reward").to_pylist())
    assert f"from {run_id}".replace("-", "") in said(show("train.py")).replace("-", "").replace("\\", "")
