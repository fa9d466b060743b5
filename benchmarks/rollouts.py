"""Counts success in unseen sample scenes, with policies trained on clips chosen by the reward and by its rivals.

    python -m benchmarks.rollouts WORKSPACE… [--seeds 5] [--scenes 100] [--steps 1000] [--subsets 40] [--json]

Each workspace was rendered (`handpicked sample --seed S`), measured, labelled and validated; clips are chosen by the
rewards and gains of its latest validation, and the count is stored beside it, as that of `handpicked validate
--rollouts` is. Fewer than 5 seeds or 100 scenes are too little for a claim.

Without a workspace it says so and ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.output import say
from app.cli.success_table import tell_success
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.rollouts import can_count_success, rollouts_spec
from engine.validation.rollout_settings import RolloutEffort
from engine.validation.settings import ValidationSettings
from storage import Workspace

if TYPE_CHECKING:
    from engine.contracts.validation import Effort
    from engine.validation.success_report import SuccessReport


def counted(path: Path, effort: RolloutEffort, seed: int | None) -> tuple[SuccessReport, float] | None:
    """Success in one workspace, and how many seconds it took; None where there is no validation of sample clips."""
    with Workspace(path) as workspace:
        run = workspace.validation.latest()
        if run is None or not can_count_success(workspace, run):
            return None
        name: Effort = "thorough" if run.effort == "thorough" else "quick"
        settings = workspace.settings.load(ValidationSettings)
        rollouts = settings.rollouts.model_copy(update={name: effort})
        spec = rollouts_spec(
            workspace, run.run_id, seed=seed, effort=name, settings=settings.model_copy(update={"rollouts": rollouts})
        )
        supervisor = Supervisor(workspace)
        began = time.perf_counter()
        try:
            job = supervisor.wait(supervisor.submit("Count success", spec))
            if job.state != "done":
                failures = workspace.jobs.failures(job.job_id)
                raise SystemExit(f"{path.name}: ended as {job.state}: {failures[0].error if failures else job.message}")
        finally:
            supervisor.close()
        found = workspace.validation.success(run.run_id)
    return (found.report, time.perf_counter() - began) if found is not None else None


def main() -> None:
    """Count success in each workspace and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspaces", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--steps", type=int, default=1000, help="of a policy's training")
    parser.add_argument("--subsets", type=int, default=40)
    parser.add_argument("--seed", type=int, help="else that of the validation")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    effort = RolloutEffort(
        seeds=options.seeds,
        scenes=options.scenes,
        steps=options.steps,
        random_draws=max(5, options.seeds),
        subsets=options.subsets,
    )
    found = {path.name: result for path in options.workspaces if (result := counted(path, effort, options.seed))}
    if not found:
        print("Needs sample workspaces that were validated.")
        sys.exit(0)
    if options.json:
        print(json.dumps([{"workspace": name, "s": s, **report.to_json()} for name, (report, s) in found.items()]))
        return
    for name, (report, taken_s) in found.items():
        say(f"{name}: {taken_s:.0f} s", "bold")
        tell_success(report)


if __name__ == "__main__":
    main()
