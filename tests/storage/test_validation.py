"""Runs, gains and ablations in the store."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from storage import Workspace
from storage.validation import AblationRun, ValidationRun

RUN = ValidationRun(
    "validation-1", None, datetime(2026, 11, 22, tzinfo=UTC), 0, "abc", {"effort": "quick"}, {"rho": {"value": 0.5}}
)
GAINS = pa.table(
    {
        "clip_id": ["a", "b", "c"],
        "gain": [0.1, float("nan"), -0.2],
        "gain_std": [0.01, 0.01, float("nan")],
        "reward": [1.0, 0.0, float("nan")],
    }
)


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


def test_a_run_is_kept_once_with_its_gains_and_no_nan(workspace):
    workspace.validation.add(RUN, GAINS)
    workspace.validation.add(RUN, GAINS)
    assert [run.results for run in workspace.validation.find()] == [{"rho": {"value": 0.5}}]
    assert workspace.validation.latest() == workspace.validation.get("validation-1")
    rows = workspace.database.rows("SELECT * FROM clip_gain ORDER BY clip_id")
    assert [(row["clip_id"], row["gain"], row["gain_std"], row["reward"]) for row in rows] == [
        ("a", 0.1, 0.01, 1.0),
        ("c", -0.2, None, None),
    ]


def test_gains_of_clips_that_are_there_are_used_once_however_often_asked(workspace):
    workspace.validation.add(RUN, GAINS)
    workspace.database.write(
        "INSERT INTO clip (clip_id, video_id, start_s, end_s, origin, created_at) "
        "VALUES ('a', 'v', 0, 1, 'manual', now())"
    )
    assert workspace.validation.use_gains("validation-1") == 1
    assert workspace.validation.use_gains("validation-1") == 1
    assert workspace.validation.gains_used("validation-1") == 1
    row = workspace.database.row("SELECT clip_id, gain, source FROM measured_gain")
    assert row == {"clip_id": "a", "gain": 0.1, "source": "validation-1"}


def test_ablations_are_kept_beside_the_run_they_are_held_against(workspace):
    run = AblationRun(
        "ablation-1", None, "validation-1", datetime(2026, 11, 22, tzinfo=UTC), 3, "abc", {}, {"rows": []}
    )
    workspace.validation.add_ablation(run)
    workspace.validation.add_ablation(run)
    assert [found.validation_run_id for found in workspace.validation.ablations()] == ["validation-1"]


def test_a_run_id_is_no_sql(workspace):
    bad = ValidationRun("x'; DROP TABLE clip; --", None, RUN.created_at, 0, "", {}, {})
    with pytest.raises(ValueError, match="can't be a run's id"):
        workspace.validation.add(bad, GAINS)
    assert workspace.validation.find() == []
