"""An app process that a test may kill: runs one job and says what it is doing. `python -m … WORKSPACE SPEC`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.workflows.jobs.kinds import typed_spec
from app.workflows.jobs.supervisor import Supervisor
from engine.runtime.spec import read_spec
from storage import Workspace
from tests.app.workflows import scripted


def main(root: str, spec_file: str) -> None:
    """Run the job in `spec_file`; print its number, then how it ended."""
    with Workspace(root) as workspace:
        scripted.make_table(workspace)
        supervisor = Supervisor(workspace)
        job_id = supervisor.submit("To be killed", typed_spec(read_spec(Path(spec_file))))
        print(json.dumps({"job_id": job_id}), flush=True)  # noqa: T201
        job = supervisor.wait(job_id)
        print(json.dumps({"state": job.state}), flush=True)  # noqa: T201
        supervisor.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
