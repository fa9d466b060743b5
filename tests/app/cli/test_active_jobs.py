"""`handpicked jobs list` shows what runs and waits in the process that has the workspace open, with lane and stage."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from app.workflows.jobs.announced import announced
from tests.app.workflows import scripted
from tests.app.workflows.conftest import Bench, bench, known_steps, steps_site
from tests.app.workflows.waiting import until

if TYPE_CHECKING:
    from typing import Any

__all__ = ["bench", "known_steps", "steps_site"]


def listed(bench: Bench, *options: str) -> str:
    """What the command prints while this process has the workspace open."""
    command = [
        sys.executable,
        "-c",
        "from app.cli import main; main()",
        "--workspace",
        str(bench.workspace.root),
        *options,
        "jobs",
        "list",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_list_of_an_open_workspace_shows_lanes_stages_and_what_is_waited_for(bench: Bench) -> None:
    long = bench.submit({"a": [("staged", 600)]})
    bench.supervisor.submit("Behind it", scripted.spec(bench.folder, {"b": []}))
    until(lambda: any(job.stage is not None for job in announced(bench.workspace.paths)))
    jobs: list[dict[str, Any]] = json.loads(listed(bench, "--json"))["jobs"]
    assert [(job["job_id"], job["lane"], job["state"]) for job in jobs] == [
        (long, "long", "running"),
        (long + 1, "long", "queued"),
    ]
    assert jobs[0]["progress"].startswith("Reading, 1 of 2 · ")
    assert jobs[1]["progress"] == "Queued behind Scripted"
    bench.supervisor.cancel(long)
    assert bench.supervisor.wait_idle(60)
    until(lambda: announced(bench.workspace.paths) == ())
    assert json.loads(listed(bench, "--json"))["jobs"] == []


def test_a_broken_file_is_no_active_job(bench: Bench) -> None:
    (bench.workspace.paths.jobs / "active.json").write_text('{"jobs": [{"job_id": "x"}]}', encoding="utf-8")
    assert announced(bench.workspace.paths) == ()
