"""The demonstration walks the whole path, and its exit code tells whether each step did what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.sample.script import episode
from storage import Workspace
from tests.app.cli.running import as_json, handpicked
from tests.sample_fixtures import render_small
from tests.small_settings import SMALL

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def small(tmp_path: Path) -> None:
    """A workspace for the demonstration that holds nothing but settings which make everything small."""
    with Workspace(tmp_path / "demo") as workspace:
        for settings in SMALL:
            workspace.settings.save(settings)


@pytest.mark.slow
def test_the_whole_path_on_one_video(tmp_path: Path) -> None:
    ran = handpicked("--json", "demo", "--out", tmp_path / "demo", "--videos", "1", workspace=tmp_path / "unused")
    said = as_json(ran)
    assert [step["step"] for step in said["steps"] if not step["ok"]] == []
    assert ran.returncode == 0
    assert {step["step"]: step["found"] for step in said["steps"]}["import and clip"] == "5 clips"
    assert not (tmp_path / "unused").exists()
    again = handpicked("labels", "stats", "--json", workspace=tmp_path / "demo")
    assert as_json(again)["simulated"] == 300
    assert as_json(again)["people"] == 0


@pytest.mark.slow
def test_the_whole_path_on_somebody_s_own_videos(tmp_path: Path) -> None:
    footage = tmp_path / "footage"
    footage.mkdir()
    render_small(footage, "kitchen", episode("purposeful", 6.0))
    render_small(footage, "workshop", episode("fumbling", 6.0, defocus_px=3), index=1)
    for truth in footage.glob("*.json"):
        truth.unlink()
    (footage / "broken.mp4").write_bytes(b"\0" * 300)
    ran = handpicked(
        "--json", "demo", "--out", tmp_path / "demo", "--videos-from", footage, workspace=tmp_path / "none"
    )
    said = as_json(ran)
    found = {step["step"]: step for step in said["steps"]}
    assert [step["step"] for step in said["steps"] if not step["ok"]] == []
    assert ran.returncode == 0
    assert "1 unreadable" in found["import and clip"]["found"]
    assert "simulated by composite score" in found["300 simulated labels"]["found"]
    assert found["validate"]["found"].startswith("This data cannot support a ΔM: ")
    assert "no gain was measured" in found["ablate"]["found"]
    labels = as_json(handpicked("labels", "stats", "--json", workspace=tmp_path / "demo"))
    assert (labels["people"], labels["simulated"]) == (0, 300)
    assert {row["annotator"] for row in labels["annotators"]} == {"simulated by composite score"}
    asked = handpicked("query", "SELECT count(*) AS n FROM label WHERE NOT simulated", workspace=tmp_path / "demo")
    assert asked.returncode == 0
