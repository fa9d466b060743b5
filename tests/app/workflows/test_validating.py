"""What validation asks for before it starts, and what it keeps of what comes back."""

from __future__ import annotations

import json

import pytest

from app.workflows.validating import ablate_spec, apply, readiness, use_gains, validate_spec
from engine.runtime.shards import ShardFolder, ShardWriter
from storage import Workspace
from storage.errors import StorageError

KEPT = {"effort": "quick", "validation": {}, "model": {}, "training": {}, "labels": {}}


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "workspace") as opened:
        yield opened


def shard_of(tmp_path, tables):
    writer = ShardWriter(tmp_path / "shards")
    output = writer.begin("run")
    for name, rows in tables.items():
        output.add_rows(name, rows)
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
    results = {"rho": {"value": 0.6}, "supported": True}
    shard = shard_of(
        tmp_path,
        {
            "validation_result": [{"item": "run", "results": json.dumps(results)}],
            "clip_gain": [{"clip_id": "a", "gain": 0.2, "gain_std": 0.1, "reward": 1.0}],
        },
    )
    settings = {"run_id": "validation-7", "model_id": None, "seed": 3, "fingerprint": "f", **KEPT}
    for _ in range(2):
        apply(workspace, settings, shard)
    run = workspace.validation.latest()
    assert run is not None
    assert (run.run_id, run.seed, run.results) == ("validation-7", 3, results)
    assert workspace.database.scalar("SELECT count(*) FROM clip_gain") == 1
    assert use_gains(workspace, "validation-7") == 0  # the clip is gone from the workspace


def test_a_finished_ablation_is_kept(workspace, tmp_path):
    shard = shard_of(tmp_path, {"ablation_result": [{"item": "run", "results": json.dumps({"rows": []})}]})
    settings = {"run_id": "ablation-1", "validation_run_id": "validation-7", "model_id": None, "seed": 0}
    apply(workspace, {**settings, "fingerprint": "f", **KEPT}, shard)
    assert [run.validation_run_id for run in workspace.validation.ablations()] == ["validation-7"]
