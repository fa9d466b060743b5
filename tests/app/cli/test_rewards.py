"""Rewards from the command line: a process, its exit code, its output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from tests.app.cli.running import as_json, handpicked
from tests.app.workflows.stocked import label_it, stock

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


def test_what_is_lacking_is_said(tmp_path: Path) -> None:
    ran = handpicked("train", workspace=tmp_path)
    assert ran.returncode == 1
    assert "0 labels" in ran.stderr
    ran = handpicked("score", workspace=tmp_path)
    assert ran.returncode == 1
    assert "handpicked train" in ran.stderr


def test_train_and_what_can_be_done_with_a_model(tmp_path: Path) -> None:
    with Workspace(tmp_path / "w") as workspace:
        ids = stock(workspace, videos=4, clips_each=6)
        label_it(workspace, 60, kind="simulated")
    gains = tmp_path / "gains.csv"
    gains.write_text(f"clip_id,gain\n{ids[0]},0.5\nnobody,1\n")
    ran = handpicked("--json", "gains", "import", gains, workspace=tmp_path / "w")
    assert ran.returncode == 3
    assert as_json(ran)["gains"] == 1
    assert as_json(ran)["problems"][0]["line"] == 3
    ran = handpicked("--json", "train", "--name", "Mine", "--seed", "2", workspace=tmp_path / "w")
    assert ran.returncode == 0, ran.stderr
    said = as_json(ran)
    assert (said["name"], said["seed"], said["clips_scored"]) == ("Mine", 2, 24)
    assert said["metrics"]["simulated"] is True
    assert {"ensemble", "linear", "chance"} <= {judge["key"] for judge in said["metrics"]["judges"]}
    listed = as_json(handpicked("--json", "models", "list", workspace=tmp_path / "w"))
    assert [(row["name"], row["current"], row["labels_by"]) for row in listed] == [("Mine", True, "simulated")]
    ran = handpicked("models", "export", "Mine", tmp_path / "out", workspace=tmp_path / "w")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / "model.safetensors").exists()
    assert handpicked("models", "delete", "Mine", workspace=tmp_path / "w").returncode == 0
    assert handpicked("models", "use", "Mine", workspace=tmp_path / "w").returncode == 1
