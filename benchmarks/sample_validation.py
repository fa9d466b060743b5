"""Prints the table of goals of validations on sample workspaces, where a perfect judge's ρ is known.

    python -m benchmarks.sample_validation WORKSPACE… [--json]

Each workspace was rendered (`handpicked sample --seed S`), measured, labelled, validated and ablated; its latest
validation and the ablation of it are read. A seed that is reported must be named before the run, and be used for no
choice. Beside ρ of the reward stands ρ of the **hidden quality itself** with the same gains, which a reward that knew
exactly what the simulated annotators judge by would reach, and ρ of a **robot head** that learned from the measured
gains of other videos, which shows that more of the gain can be known from the features than preference says. The mean
gain of each kind of clip is printed too.

Without a workspace it says so and ends.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.validation.validation_report import Goal, ValidationReport
from storage import Workspace

if TYPE_CHECKING:
    from engine.statistics.interval import Estimate

DROP, POWER = 0.1, 0.8


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one workspace's validation found."""

    workspace: str
    clips: int
    sources: int
    rho: Estimate
    hidden_quality: Estimate
    usefulness: Estimate
    robot_head: Estimate | None
    between: Estimate | None
    within: Estimate | None
    best_feature: str
    best_feature_rho: Estimate
    lead: Estimate
    group_rho: float | None
    reliability: float | None
    skill: Estimate | None
    drop: Estimate | None
    power: float | None
    goals: dict[str, Goal]
    mean_gain: dict[str, float]


def judged(path: Path) -> Found | None:
    """The latest validation of one workspace with its truth; None where there is none with a perfect judge."""
    with Workspace(path) as workspace:
        run = workspace.validation.latest()
        if run is None or run.report.judge is None:
            return None
        gains = workspace.validation.gains(run.run_id)
        kind_of = {row.clip_id: row.kind for row in workspace.sample.clip_quality()}
        drops = [
            row
            for ablation in workspace.validation.ablations()
            if ablation.validation_run_id == run.run_id
            for row in ablation.report.rows
            if set(row.groups) == {"motion", "hands"}
        ]
    report, judge = run.report, run.report.judge
    best = next(control for control in report.controls if control.kind in ("feature", "control"))
    drop = drops[0] if drops else None
    kinds = sorted(set(kind_of.values()))
    by_kind = {kind: [clip.gain for clip in gains if kind_of.get(clip.clip_id) == kind] for kind in kinds}
    return Found(
        workspace=path.name,
        clips=report.clips,
        sources=report.sources,
        rho=report.rho,
        hidden_quality=judge.quality,
        usefulness=judge.useful,
        robot_head=report.rho_robot,
        between=report.rho_between,
        within=report.rho_within,
        best_feature=best.name,
        best_feature_rho=best.rho,
        lead=best.behind,
        group_rho=report.groups.bins_rho,
        reliability=report.reliability_gain,
        skill=report.skill.base,
        drop=drop.drop if drop else None,
        power=drop.power if drop else None,
        goals=goals_of(report, drop.drop if drop else None, drop.power if drop else None),
        mean_gain={kind: float(np.mean(values)) for kind, values in by_kind.items() if values},
    )


def goals_of(report: ValidationReport, drop: Estimate | None, power: float | None) -> dict[str, Goal]:
    """The goals of the report, and that of the ablation."""
    found = dict(report.goals)
    rho, judge = report.rho, report.judge
    reached = judge.reached.value if judge else None
    whole = rho.low is not None and rho.low >= 0.5
    found["ρ ≥ 0.50 with its whole interval, or 0.9 of the perfect judge's"] = Goal(
        value=rho.value, met=whole or (reached is not None and reached >= 0.9)
    )
    if drop is not None:
        met = drop.value is not None and drop.value >= DROP and power is not None and power >= POWER
        found[f"drop without motion and hands ≥ {DROP}, power ≥ {POWER}"] = Goal(value=drop.value, met=met)
    return found


def told(found: Estimate | float | None) -> str:
    """A number as text, with its interval where there is one."""
    if found is None:
        return "–"
    if isinstance(found, float):
        return f"{found:.2f}"
    if found.value is None:
        return "–"
    interval = "" if found.low is None or found.high is None else f" [{found.low:.2f}, {found.high:.2f}]"
    return f"{found.value:.2f}{interval}"


def tell(found: Found) -> None:
    """Print one workspace."""
    print(f"{found.workspace}: {found.clips} clips with a gain, of {found.sources} videos")
    print(f"  ρ of the reward {told(found.rho)}; between videos {told(found.between)}, within {told(found.within)}")
    print(f"  ρ of the hidden quality {told(found.hidden_quality)}, of usefulness {told(found.usefulness)}")
    print(f"  ρ of a robot head trained on other videos' gains {told(found.robot_head)}")
    print(f"  best single: {found.best_feature}, |ρ| {told(found.best_feature_rho)}; reward − it {told(found.lead)}")
    print(f"  group ρ {told(found.group_rho)}, reliability {told(found.reliability)}, skill {told(found.skill)}")
    power = "–" if found.power is None else f"{found.power:.0%}"
    print(f"  Δρ without motion and hands {told(found.drop)}, power {power}")
    kinds = sorted(found.mean_gain.items(), key=lambda pair: -pair[1])
    print("  mean gain by kind: " + ", ".join(f"{kind} {1e4 * gain:.2f}" for kind, gain in kinds) + " (× 10⁻⁴)")
    for name, goal in found.goals.items():
        said = {True: "met", False: "not met", None: "unknown"}[goal.met]
        print(f"  {said:8s} {name}: {told(goal.value)}")


def main() -> None:
    """Read each workspace and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspaces", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = [row for path in options.workspaces if (row := judged(path)) is not None]
    if not found:
        print("Needs sample workspaces that were validated.")
        sys.exit(0)
    if options.json:
        print(json.dumps([asdict(row) for row in found]))
        return
    for row in found:
        tell(row)


if __name__ == "__main__":
    main()
