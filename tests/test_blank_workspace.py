"""What `lay_out` copies is what a new workspace is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import Workspace
from tests.blank_workspace import lay_out

if TYPE_CHECKING:
    from pathlib import Path

TABLES = "SELECT table_name, sql FROM duckdb_tables() ORDER BY table_name"


def about(root: Path) -> tuple[object, ...]:
    """A workspace's tables, its schema's versions, its settings, and the modes of its files."""
    with Workspace(root) as workspace:
        tables = workspace.database.rows(TABLES)
        versions = workspace.database.rows("SELECT version FROM schema_version ORDER BY version")
        rows = [workspace.database.scalar(f"SELECT count(*) FROM {row['table_name']}") for row in tables]  # noqa: S608
    files = {
        str(path.relative_to(root)): (path.stat().st_mode, path.read_bytes() if path.suffix == ".yaml" else b"")
        for path in [root, *root.rglob("*")]
    }
    return tables, versions, rows, files


def test_it_is_what_a_new_workspace_is_and_each_is_apart(tmp_path: Path) -> None:
    Workspace(tmp_path / "made").close()
    copies = [lay_out(tmp_path / "a"), lay_out(tmp_path / "b")]
    assert [about(copy) for copy in copies] == [about(tmp_path / "made")] * 2
    with Workspace(copies[0]) as workspace:
        workspace.jobs.create("k", "of the one alone", 1)
    with Workspace(copies[1]) as workspace:
        assert workspace.jobs.find() == []
    with Workspace(lay_out(tmp_path / "c")) as workspace:
        assert workspace.jobs.find() == []
