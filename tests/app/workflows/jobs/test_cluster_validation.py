"""A validation on a node of a real cluster measures the gains that it measures here, and stores them as ever."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from app.workflows.jobs.supervisor import Supervisor
from app.workflows.validating import run_of_job, validate_spec
from engine.contracts.validation import RunInputs
from engine.settings.jobs import ExecutorSettings
from storage import Workspace
from tests.clusters import loopback_cluster

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_gains_are_those_of_a_validation_here(
    judged_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(judged_sample, tmp_path / "w")
    with Workspace(tmp_path / "w") as workspace, loopback_cluster(nodes=1, cpus=2) as cluster:
        here = workspace.validation.latest()
        assert here is not None
        # What a node without the workspace sees: no cache, so everything is computed.
        monkeypatch.setattr(RunInputs, "write", lambda self, folder: _write_unseen(self, folder))
        shutil.rmtree(workspace.paths.cache)
        where = ExecutorSettings(kind="ray", address=cluster.address, cpus=2)
        supervisor = Supervisor(workspace, where=where)
        spec = validate_spec(workspace)
        job = supervisor.wait(supervisor.submit("Validate", spec), 200)
        assert (job.state, workspace.jobs.failures(job.job_id)) == ("done", []), supervisor.log(job.job_id)
        supervisor.close()
        found = {gain.clip_id: gain.gain for gain in workspace.validation.gains(run_of_job(spec))}
        assert found == {gain.clip_id: gain.gain for gain in workspace.validation.gains(here.run_id)}
        assert found
        assert not any(workspace.paths.cache.rglob("*.npz")), "the node wrote into a cache that it does not see"


REAL_WRITE = RunInputs.write


def _write_unseen(inputs: RunInputs, folder: Path) -> None:
    REAL_WRITE(inputs.model_copy(update={"cache": "/nowhere/cache"}), folder)
