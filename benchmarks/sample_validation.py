"""Computes the ρ that a reward could reach on sample workspaces, where the annotator's hidden quality is known.

    python -m benchmarks.sample_validation WORKSPACE… [--json]

Each workspace was rendered (`handpicked sample --seed S`), measured, labelled and validated; its latest validation is
read. Besides ρ of the reward it prints ρ of the **hidden quality itself** with the same gains, which is the most that
learning from such labels can reach, and ρ of the hidden **usefulness**, which ignores image quality. No score of single
clips can predict the rest: a clip's gain depends on what the other clips already teach. The mean gain of each kind of
clip is printed too.

Without a workspace it says so and ends.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.resampling import correlation, resampled_rows
from storage import Workspace

RESAMPLES = 1000


def judged(path: Path) -> dict[str, Any] | None:
    """The latest validation of one workspace with its truth; None where there is no supported one."""
    with Workspace(path) as workspace:
        run = workspace.validation.latest()
        if run is None or not run.report.supported:
            return None
        rows = workspace.validation.gains(run.run_id)
        truth = {row.clip_id: row for row in workspace.sample.clip_quality()}
    rows = [row for row in rows if row.clip_id in truth]
    gain = np.array([row.gain for row in rows], float)
    quality = np.array([truth[row.clip_id].quality for row in rows], float)
    useful = np.array([truth[row.clip_id].useful for row in rows], float)
    kinds = np.array([truth[row.clip_id].kind for row in rows])
    reward = np.array([np.nan if row.reward is None else row.reward for row in rows], float)
    samples = resampled_rows([row.video_id for row in rows], RESAMPLES, run.seed)
    features = [control for control in run.report.controls if control.kind == "feature"]
    lds = run.report.lds.trusted_rho if run.report.lds is not None else None
    return {
        "workspace": path.name,
        "clips": len(rows),
        "sources": run.report.sources,
        "rho": dataclasses.asdict(run.report.rho),
        "rho_hidden_quality": dataclasses.asdict(correlation(quality, gain, samples)),
        "rho_usefulness": dataclasses.asdict(correlation(useful, gain, samples)),
        "reward_against_quality": spearman(reward, quality),
        "best_feature": {"name": features[0].name, **dataclasses.asdict(features[0].rho)} if features else None,
        "reliability_gain": run.report.reliability_gain,
        "lds": dataclasses.asdict(lds) if lds is not None else None,
        "mean_gain": {str(kind): float(gain[kinds == kind].mean()) for kind in np.unique(kinds)},
    }


def told(interval: dict[str, float] | None) -> str:
    """An interval as text."""
    return f"{interval['value']:.2f} [{interval['low']:.2f}, {interval['high']:.2f}]" if interval else "–"


def main() -> None:
    """Read each workspace and print what a reward could reach there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspaces", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = [row for path in options.workspaces if (row := judged(path)) is not None]
    if not found:
        print("Needs sample workspaces that were validated.")
        sys.exit(0)
    if options.json:
        print(json.dumps(found))
        return
    for row in found:
        print(f"{row['workspace']}: {row['clips']} clips of {row['sources']} sources")
        print(f"  ρ of the reward {told(row['rho'])}, of the hidden quality itself {told(row['rho_hidden_quality'])}")
        print(f"  ρ of the hidden usefulness {told(row['rho_usefulness'])}")
        print(f"  reward against hidden quality {row['reward_against_quality']:.2f}")
        if row["best_feature"]:
            print(f"  best single feature: {row['best_feature']['name']}, |ρ| {told(row['best_feature'])}")
        print(f"  reliability of ΔM {row['reliability_gain']:.2f}, LDS {told(row['lds'])}")
        kinds = sorted(row["mean_gain"].items(), key=lambda pair: -pair[1])
        print("  mean gain by kind: " + ", ".join(f"{kind} {1e4 * gain:.2f}" for kind, gain in kinds) + " (× 10⁻⁴)")


if __name__ == "__main__":
    main()
