"""`handpicked clips` as a person runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from tests.app.cli.running import as_json, handpicked
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    root = lay_out(tmp_path / "workspace")
    with Workspace(root) as workspace:
        fill(workspace)
        workspace.library.save_view("epic only", "source=epic")
    return root


def test_list_sort_and_saved_view(filled: Path) -> None:
    said = as_json(
        handpicked(
            "--json", "clips", "list", "--view", "epic only", "--sort", "reward", "--limit", "5", workspace=filled
        )
    )
    assert said["clips"] == 20
    values = [row["sorted_by"] for row in said["rows"]]
    assert values == sorted(values, reverse=True)
    assert len(values) == 5


def test_tag_and_undo(filled: Path) -> None:
    assert (
        as_json(handpicked("--json", "clips", "tag", "keep", "--view", "source=epic", workspace=filled))["clips"] == 20
    )
    assert as_json(handpicked("--json", "clips", "list", "--view", "tag=keep", workspace=filled))["clips"] == 20
    assert as_json(handpicked("--json", "clips", "undo", workspace=filled))["clips"] == 20
    assert as_json(handpicked("--json", "clips", "list", "--view", "tag=keep", workspace=filled))["clips"] == 0


def test_an_unknown_view_number_and_clip_are_named(filled: Path) -> None:
    for arguments, said in (
        (("list", "--view", "nobody"), "no saved view 'nobody'"),
        (("list", "--sort", "beauty"), "'beauty' is no number"),
        (("list", "--like", "nobody@0-1"), "no clip 'nobody@0-1'"),
        (("window", "nobody@0-1", "--start-s", "0", "--end-s", "1"), "no clip 'nobody@0-1'"),
    ):
        ran = handpicked("clips", *arguments, workspace=filled)
        assert ran.returncode == 1
        assert said in ran.stderr
