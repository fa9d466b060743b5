"""A workspace that version 0.1 made opens with this one, and holds what it held.

`workspace_of_0_1.zip` is such a workspace's database (schema 8) as SQL and CSV: three rendered sample videos, measured,
with 60 simulated labels and a reward. Of embeddings and tracks it holds three rows each, to be small.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest

from storage import Workspace
from storage.migrations import migrations

ARCHIVE = Path(__file__).parent / "workspace_of_0_1.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The workspace's folder, its database loaded as 0.1 left it."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path / "tables")
    (tmp_path / "workspace").mkdir()
    with duckdb.connect(str(tmp_path / "workspace" / "handpicked.duckdb")) as database:
        waiting = (tmp_path / "tables" / "schema.sql").read_text(encoding="utf-8").split(";\n")
        while waiting:  # DuckDB exports views in any order, and one may need another
            waiting, tried = [], waiting
            for statement in tried:
                try:
                    database.execute(statement)
                except duckdb.CatalogException:
                    waiting.append(statement)
            assert len(waiting) < len(tried), waiting
        for file in sorted((tmp_path / "tables").glob("*.csv")):
            database.execute(f"COPY {file.stem} FROM '{file}' (FORMAT CSV, HEADER, ALLOW_QUOTED_NULLS false)")
    return tmp_path / "workspace"


def test_a_workspace_of_the_first_version_opens_with_all_that_it_held(folder: Path) -> None:
    with duckdb.connect(str(folder / "handpicked.duckdb"), read_only=True) as database:
        assert database.execute("SELECT max(version) FROM schema_version").fetchone() == (8,)
        scores = dict(database.execute("SELECT clip_id, reward FROM reward_score").fetchall())
        entries = database.execute("SELECT label_id, answer FROM label_entry ORDER BY entry_id").fetchall()
    with Workspace(folder) as workspace:
        assert workspace.database.scalar("SELECT max(version) FROM schema_version") == max(migrations())
        assert (workspace.videos.count(), workspace.clips.count()) == (3, 18)
        labels = workspace.labels.find("simulated")
        assert {(label.label_id, label.answer) for label in labels} == set(entries)
        assert (len(labels), workspace.labels.counts().people) == (60, 0)
        (model,) = workspace.rewards.find()
        assert model.report is not None
        assert (model.report.labels, model.report.kind) == (60, "simulated")
        kept = workspace.rewards.scores(model.model_id).to_pylist()
        assert {row["clip_id"]: row["reward"] for row in kept} == pytest.approx(scores)
        assert workspace.features.measured() == dict.fromkeys(
            ("composite", "embedding", "exposure", "hands", "motion", "sharpness"), 18
        )
        assert [job.state for job in workspace.jobs.find()] == ["done"] * 5
        assert len(workspace.sample.clip_quality()) == 18
    assert len(list((folder / "backups").iterdir())) == 1
