"""The app and the command line say why they want to measure again, and what rests on numbers of an earlier version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from tests.app.cli.running import as_json, handpicked
from tests.app.test_pages import draw
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

WHY = "Hands were missed at most picture sizes"


def test_the_overview_says_why_it_wants_to_measure_again(opened: Workspace) -> None:
    captions = [caption.value for caption in draw("overview.py").caption]
    assert sum(WHY in caption for caption in captions) == 1


@pytest.mark.parametrize("file", ["train.py", "scores.py", "validate.py"])
def test_what_rests_on_the_numbers_warns(opened: Workspace, file: str) -> None:
    warnings = [text.value for text in draw(file).markdown if "history:" in text.value]
    assert any(WHY in warning and "they are used as they are" in warning for warning in warnings)


def test_extract_says_for_how_many_clips_and_why(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    (tmp_path / "footage").mkdir()
    write_video(tmp_path / "footage" / "one.mp4", 40)
    handpicked("import", tmp_path / "footage", "--clips", "whole", "--no-pictures", workspace=root)
    first = handpicked("extract", "--only", "sharpness", "--json", workspace=root)
    assert first.returncode == 0, first.stderr
    assert as_json(first)["measured_again"] == []
    with Workspace(root) as workspace:
        workspace.database.write("UPDATE feature_sharpness SET extractor_version = 1")
    assert "version 2 scales them to one" in handpicked("composite", workspace=root).stderr
    again = handpicked("extract", "--only", "sharpness", "--json", workspace=root)
    (entry,) = as_json(again)["measured_again"]
    assert (entry["extractor"], entry["clips"]) == ("sharpness", 1)
    assert "version 2 scales them to one" in entry["why"]
    assert "Sharpness: measured again for 1 clip." in again.stderr
    assert handpicked("composite", workspace=root).stderr.strip() == "1 clip scored."
