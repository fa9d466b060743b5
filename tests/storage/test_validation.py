"""Runs, gains and ablations in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from storage.errors import StorageError
from storage.validation import AblationRun, ValidationRun
from tests.stored_reports import ablation_report, validation_report

ABOUT = {
    "model_id": None,
    "created_at": datetime(2026, 11, 22, tzinfo=UTC),
    "seed": 0,
    "fingerprint": "abc",
    "settings": {"effort": "quick"},
}
RUN = ValidationRun(run_id="validation-1", **ABOUT, report=validation_report())
GAINS = pa.table(
    {
        "clip_id": ["a", "b", "c"],
        "gain": [0.1, float("nan"), -0.2],
        "gain_std": [0.01, 0.01, float("nan")],
        "reward": [1.0, 0.0, float("nan")],
    }
)


def test_a_run_is_kept_once_with_its_gains_and_no_nan(workspace):
    workspace.validation.add(RUN, GAINS)
    workspace.validation.add(RUN, GAINS)
    assert workspace.validation.find() == [RUN]
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
    run = AblationRun(run_id="ablation-1", validation_run_id="validation-1", **ABOUT, report=ablation_report())
    workspace.validation.add_ablation(run)
    workspace.validation.add_ablation(run)
    assert workspace.validation.ablations() == [run]


def test_a_run_id_is_no_sql(workspace):
    bad = replace(RUN, run_id="x'; DROP TABLE clip; --")
    with pytest.raises(ValueError, match="can't be a run's id"):
        workspace.validation.add(bad, GAINS)
    assert workspace.validation.find() == []


def test_results_that_no_version_wrote_are_an_error_that_names_the_run(workspace):
    workspace.validation.add(RUN, GAINS)
    workspace.database.write("UPDATE validation_run SET results = '{\"rho\": 1}'")
    with pytest.raises(StorageError, match="the results of validation-1 can't be read: supported"):
        workspace.validation.latest()
