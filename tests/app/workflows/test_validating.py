"""What validation asks for before it starts, and what it keeps of what comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from app.reports.validation_words import circularity
from app.workflows.validating import (
    ablate_spec,
    apply_ablation,
    apply_validation,
    readiness,
    train_on_gains,
    validate_spec,
)
from app.workflows.validation_inputs import PreparedRun, prepare
from engine.contracts.validation import (
    AblateSettings,
    AblationResultRow,
    GainRow,
    ValidateSettings,
    ValidationResultRow,
)
from engine.errors import RewardError
from engine.runtime.shards import ShardFolder, ShardWriter
from storage.errors import StorageError
from storage.rewards import RewardModel
from storage.validation import ValidationRun
from tests.app.workflows.stocked import label_it, stock
from tests.filled_workspace import fill
from tests.stored_reports import stored_json, training_report, validation_report

AT = datetime(2026, 1, 1, tzinfo=UTC)
KEPT = {"effort": "quick", "validation": {}, "model": {}, "training": {}}
PREPARED = PreparedRun(
    fingerprint="f", labels={"people": 0, "simulated": 9, "model": 0, "pairs": 9}, own_gains={"validation-1": 4}
)


def settings_of(model, **values):
    kept = {"effort": "quick", "validation": {}, "model": {}, "training": {}}
    return model.model_validate({**kept, "model_id": None, "workers": 1, **values})


def run_of(name, *, supported):
    report = validation_report(supported=supported)
    return ValidationRun(
        run_id=name, model_id=None, created_at=AT, seed=0, fingerprint="f", settings=KEPT, report=report
    )


def shard_of(tmp_path, *rows):
    writer = ShardWriter(tmp_path / "shards")
    output = writer.begin("run")
    for row in rows:
        output.add(type(row), [row])
    output.seal()
    writer.commit(output)
    writer.flush()
    return ShardFolder.open(sorted((tmp_path / "shards").iterdir())[0])


def test_an_empty_workspace_says_what_to_do_first(workspace):
    assert readiness(workspace).missing == "Import videos first."
    for spec in (validate_spec, ablate_spec):
        with pytest.raises(StorageError, match="Import videos first"):
            spec(workspace)


def test_a_finished_validation_is_kept_with_its_gains_once(workspace, tmp_path):
    results = stored_json("validation")
    shard = shard_of(tmp_path, ValidationResultRow("run", json.dumps(results)), GainRow("a", 0.2, 0.1, 1.0))
    settings = settings_of(ValidateSettings, run_id="validation-7", seed=3)
    for _ in range(2):
        apply_validation(workspace, settings, shard, PREPARED)
    run = workspace.validation.latest()
    assert run is not None
    assert (run.run_id, run.seed, run.fingerprint) == ("validation-7", 3, "f")
    assert run.report.to_json() == {**results, "own_gains": {"validation-1": 4}}
    assert run.settings["labels"] == PREPARED.labels
    assert workspace.database.scalar("SELECT count(*) FROM clip_gain") == 1


def test_a_finished_ablation_is_kept(workspace, tmp_path):
    shard = shard_of(tmp_path, AblationResultRow("run", json.dumps(stored_json("ablation"))))
    chosen = {"run_id": "ablation-1", "validation_run_id": "validation-7", "seed": 0, "groups": []}
    apply_ablation(workspace, settings_of(AblateSettings, **chosen), shard, PREPARED)
    assert [run.validation_run_id for run in workspace.validation.ablations()] == ["validation-7"]


def test_training_on_gains_takes_those_that_the_data_supports_and_counts_them(workspace):
    ids = stock(workspace)
    label_it(workspace, 30)
    gains = pa.table({"clip_id": ids[:5], "gain": [0.1] * 5, "gain_std": [0.01] * 5, "reward": [0.0] * 5})
    for name, supported in (("validation-1", True), ("validation-2", False)):
        workspace.validation.add(run_of(name, supported=supported), gains)
    for name in ("validation-2", "validation-3"):
        with pytest.raises(StorageError, match="no gains"):
            train_on_gains(workspace, name)
    assert workspace.rewards.gain_sources() == {}
    assert train_on_gains(workspace, "validation-1").kind == "train"
    assert workspace.rewards.gain_sources() == {"validation-1": 5}


def test_a_run_knows_that_its_model_learned_from_measured_gains(workspace, tmp_path):
    ids = fill(workspace, videos=8, clips_each=12)
    run = run_of("validation-1", supported=True)
    workspace.validation.add(run, pa.table({"clip_id": ids[:1], "gain": [1.0], "gain_std": [0.1], "reward": [0.0]}))
    report = training_report(gain_sources={"validation-1": 5, "robot.csv": 7})
    workspace.rewards.add(
        RewardModel(model_id="circle", name="circle", created_at=AT, seed=0, settings={}, report=report)
    )
    settings = validate_spec(workspace, model="circle").settings_as(ValidateSettings)
    prepared = prepare(workspace, settings, tmp_path / "inputs")
    assert prepared.own_gains == {"validation-1": 5}
    assert prepared.labels == {"people": 0, "simulated": 48, "model": 0, "pairs": 48}
    assert "5 gains" in circularity(prepared.own_gains)
    assert circularity({}) == circularity(None) == ""


def test_a_model_that_is_not_there_can_not_be_validated(workspace):
    fill(workspace, videos=8, clips_each=12)
    with pytest.raises(RewardError, match="no model 'nobody'"):
        validate_spec(workspace, model="nobody")
