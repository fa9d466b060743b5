"""Times the validation of a reward in the quick setting, from an empty cache to the verdict.

    python -m benchmarks.validation [WORKSPACE] [--videos 84] [--json]
    python -m benchmarks.validation --stacks

WORKSPACE has extracted features and at least 20 labels, and is not changed apart from a new run. Without it a sample
workspace of 84 videos (504 clips) is rendered and measured first, which takes a while and is not timed. Goal: 500
clips in under 180 s on two cores. The worker's processor time is printed too, which a busy machine does not change.

With `--stacks` it is measured instead what networks and heads in stacks take on this CPU, against one after the other:
over 1, validation is right to use stacks on a graphics card alone. `benchmarks.gpu_validation` does the same on a card.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

from app.workflows.extracting import extract_spec
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sampling import sample_spec, simulate_labels
from app.workflows.validating import run_of_job, validate_spec
from benchmarks.gpu_validation import measure as stacks
from benchmarks.gpu_validation import table
from engine.preference.simulated import SimulatedAnnotator
from storage import Workspace

GOAL_S = 180.0
GOAL_CLIPS = 500


def prepare(workspace: Workspace, supervisor: Supervisor, videos: int) -> None:
    """Render, measure and label a sample workspace."""
    supervisor.wait(supervisor.submit("Render", sample_spec(videos, 0)))
    while not supervisor.wait_idle(5.0):
        pass
    supervisor.wait(supervisor.submit("Extract", extract_spec(workspace)))
    simulate_labels(workspace, SimulatedAnnotator(name="simulated", seed=0), pairs=300)


def main() -> None:
    """Time one validation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", nargs="?", type=Path)
    parser.add_argument("--videos", type=int, default=84)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stacks", action="store_true")
    options = parser.parse_args()
    if options.stacks:
        found = stacks("cpu", clips=48, members=6, steps=4, bases=3)
        print(json.dumps(found) if options.json else table(found))
        return
    with tempfile.TemporaryDirectory() as name, Workspace(options.workspace or Path(name) / "sample") as workspace:
        supervisor = Supervisor(workspace)
        if options.workspace is None:
            prepare(workspace, supervisor, options.videos)
        shutil.rmtree(workspace.paths.cache / "validation", ignore_errors=True)
        spec = validate_spec(workspace, effort="quick")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        job = supervisor.wait(supervisor.submit("Validate", spec))
        taken = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        clips = workspace.clips.count()
        run = workspace.validation.get(run_of_job(spec))
        supervisor.close()
    if job.state != "done" or run is None:
        raise SystemExit(f"validation ended as {job.state}: {job.message}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = {"clips": clips, "wall_s": taken, "cpu_s": cpu_s, "rho": run.report.rho.value}
    if options.json:
        print(json.dumps(found))
    else:
        print(f"{clips} clips in {taken:.0f} s (goal {GOAL_S:.0f} s for {GOAL_CLIPS}), {cpu_s:.0f} s of processor time")


if __name__ == "__main__":
    main()
