"""An app process that a test may kill: runs jobs and says what it is doing. `python -m … WORKSPACE SPEC [SPEC …]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.workflows.jobs.kinds import typed_spec
from app.workflows.jobs.supervisor import Supervisor
from engine.runtime.spec import read_spec
from storage import Workspace
from tests.app.workflows import scripted


def main(root: str, *spec_files: str) -> None:
    """Run the jobs in `spec_files`; print each one's number, then how each one ended."""
    with Workspace(root) as workspace:
        scripted.make_table(workspace)
        supervisor = Supervisor(workspace)
        jobs = [supervisor.submit("To be killed", typed_spec(read_spec(Path(file)))) for file in spec_files]
        for job_id in jobs:
            print(json.dumps({"job_id": job_id}), flush=True)  # noqa: T201
        for job_id in jobs:
            print(json.dumps({"state": supervisor.wait(job_id).state}), flush=True)  # noqa: T201
        supervisor.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
