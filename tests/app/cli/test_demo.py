"""The demonstration walks the whole path, and its exit code tells whether each step did what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.cli.test_commands import as_json, handpicked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_the_whole_path_on_one_video(tmp_path: Path) -> None:
    ran = handpicked("--json", "demo", "--out", tmp_path / "demo", "--videos", "1", workspace=tmp_path / "unused")
    said = as_json(ran)
    assert [step["step"] for step in said["steps"] if not step["ok"]] == []
    assert ran.returncode == 0
    assert not (tmp_path / "unused").exists()
    again = handpicked("labels", "stats", "--json", workspace=tmp_path / "demo")
    assert as_json(again)["simulated"] == 300
    assert as_json(again)["people"] == 0
