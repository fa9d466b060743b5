"""A supervisor over a real workspace, with real worker processes that know the scripted kinds of job."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from app.workflows.jobs.supervisor import Supervisor
from engine.settings.jobs import JobSettings, RuntimeSettings
from tests.app.workflows import scripted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from storage import Workspace
    from storage.jobs import Job

PATIENCE_S = 60.0
"""How long a test waits for what must come; nothing is measured by it."""


@dataclass
class Bench:
    """What a test of jobs works with."""

    workspace: Workspace
    supervisor: Supervisor
    folder: Path

    def limit(self, **limits: Any) -> None:
        """Set jobs.yaml for the jobs that start from now on."""
        self.workspace.settings.save(JobSettings(runtime=RuntimeSettings(**{"workers": 1, **limits})))

    def submit(self, items: Mapping[str, list[tuple[str, Any]]], **settings: Any) -> int:
        """Queue a scripted job."""
        return self.supervisor.submit("Scripted", scripted.spec(self.folder, items, **settings))

    def run(self, items: Mapping[str, list[tuple[str, Any]]], **settings: Any) -> Job:
        """Run a scripted job to its end."""
        return self.wait(self.submit(items, **settings))

    def wait(self, job_id: int) -> Job:
        """Wait for a job to end."""
        job = self.supervisor.wait(job_id, PATIENCE_S)
        assert not job.active, f"job {job_id} is still {job.state}\n{self.supervisor.log(job_id)}"
        return job

    def made(self) -> list[str]:
        """The items whose results were taken in, each as often as it was."""
        return scripted.made(self.workspace)

    def begun(self) -> list[str]:
        """The items that a worker began, each as often as it did."""
        return scripted.ledger(self.folder)

    def failures(self, job: Job) -> dict[str, str]:
        """Item → error."""
        return {failure.item: failure.error for failure in self.workspace.jobs.failures(job.job_id)}

    def warnings(self, job: Job) -> list[str]:
        """What the job warned of."""
        return [e.message for e in self.workspace.jobs.events(job.job_id, 10_000) if e.level == "warning"]

    def states(self, job: Job) -> list[str]:
        """The states that the job went through."""
        return [event.state for event in self.workspace.jobs.events(job.job_id) if event.state]


@pytest.fixture(scope="session")
def steps_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like an installed package which adds kinds of job."""
    site = tmp_path_factory.mktemp("site")
    scripted.install(site)
    return site


@pytest.fixture
def known_steps(steps_site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process and the workers of this test know the scripted kinds."""
    monkeypatch.syspath_prepend(str(steps_site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(steps_site), os.environ.get("PYTHONPATH")])))


@pytest.fixture
def bench(workspace: Workspace, tmp_path: Path, known_steps: None) -> Iterator[Bench]:
    """A supervisor with one worker at a time."""
    scripted.make_table(workspace)
    supervisor = Supervisor(workspace)
    bench = Bench(workspace, supervisor, tmp_path)
    bench.limit()
    yield bench
    supervisor.close()
