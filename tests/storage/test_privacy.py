"""Who else may look into a workspace: nobody, for it holds footage of people's homes."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from app.workflows.doctor import privacy
from storage import Workspace
from storage.paths import WorkspacePaths
from storage.privacy import who_else

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("before", [None, 0o755, 0o777])
def test_a_workspaces_folder_is_its_owners(tmp_path: Path, before: int | None) -> None:
    root = tmp_path / "workspace"
    if before is not None:
        Workspace(root).close()
        root.chmod(before)
    Workspace(root).close()
    assert mode(root) & 0o007 == 0
    if before != 0o777:
        assert mode(root) == 0o700


def test_a_folder_with_others_things_in_it_stays_open_and_ours_in_it_are_closed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir(mode=0o755)
    root.chmod(0o755)
    (root / "notes.txt").write_text("not ours")
    for _ in range(2):
        Workspace(root).close()
    assert mode(root) == 0o755
    paths = WorkspacePaths(root)
    for folder in (*paths.folders(), paths.database):
        assert not folder.exists() or mode(folder) & 0o077 == 0, folder
    assert mode(root / "media") == 0o700
    assert who_else(paths) == ""


def test_no_folder_is_made_only_to_be_closed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not ours")
    tmp_path.chmod(0o755)
    with Workspace(tmp_path) as workspace:
        workspace.paths.exports.mkdir(mode=0o755)
    names = {entry.name for entry in tmp_path.iterdir()}
    assert names == {"notes.txt", "handpicked.duckdb", "media", "jobs", "settings", "exports"}
    assert mode(workspace.paths.exports) == 0o700, "what was made while it was open is closed with it"


def test_doctor_says_who_else_may_look(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    Workspace(root).close()
    assert [check.state for check in privacy(root)] == ["ok"]
    root.chmod(0o755)
    (root / "media").chmod(0o755)
    (check,) = privacy(root)
    assert check.state == "note"
    assert "every user of this machine" in check.found
    assert "chmod" in check.remedy
