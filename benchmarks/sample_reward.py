"""How good a reward gets on sample workspaces: labels simulated anew, learned in one workspace, judged in another.

    python -m benchmarks.sample_reward WORKSPACE WORKSPACE… [--labels 300] [--seed 7]

Each workspace (`handpicked sample --seed S`, then `extract`) is trained on and judged by the next one's clips, none of
whose videos was seen. Accuracies are expected ones, over all pairs of its clips and from the annotator's probabilities,
so that chance in the answers to be foretold plays no part: `ensemble`, `composite`, and `ceiling`, the share of the
annotator's answers that name the truly better clip. Needs two workspaces; without any it says so and ends.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from app.workflows.reward_data import clip_table
from engine.preference.simulated import SimulatedAnnotator, annotator_ceiling
from engine.reward.fit import fit_reward
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.reward.types import ClipTable, PairTable
from storage import Workspace

TARGETS = {"left": 1.0, "right": 0.0, "tie": 0.5}


def read(folder: str) -> tuple[ClipTable, np.ndarray, np.ndarray]:
    """Clips, their hidden quality, their composite score."""
    with Workspace(folder) as workspace:
        clips = clip_table(workspace)
        quality = {row["clip_id"]: row["quality"] for row in workspace.sample.clip_quality()}
        table = workspace.features.read(["composite_score"])
    composite = dict(zip(table["clip_id"].to_pylist(), table["composite_score"].to_pylist(), strict=True))
    return clips, *(np.array([found[c] for c in clips.clip_ids], float) for found in (quality, composite))


def answers(clips: ClipTable, quality: np.ndarray, labels: int, seed: int) -> PairTable:
    """Random pairs, answered by a simulated annotator at the default noise."""
    random, annotator = np.random.default_rng(seed), SimulatedAnnotator("simulated", seed=seed)
    sides = np.array([random.choice(len(clips), 2, replace=False) for _ in range(labels)])
    said = [annotator.answer(clips.clip_ids[i], clips.clip_ids[j], quality[i], quality[j]).answer for i, j in sides]
    target = np.array([TARGETS[answer] for answer in said])
    return PairTable(sides[:, 0], sides[:, 1], target, ("simulated",) * labels, ("random",) * labels)


def expected_accuracy(score: np.ndarray, quality: np.ndarray) -> float:
    """Share of decided answers that the score foretells, over all pairs."""
    left, right = np.triu_indices(len(score), 1)
    said, truth = score[left] - score[right], quality[left] - quality[right]
    win, tie = SimulatedAnnotator("simulated").decide(truth)
    right_answer = np.where(said > 0, win, np.where(said < 0, 1 - tie - win, (1 - tie) / 2))
    return float(right_answer.sum() / (1 - tie).sum())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspaces", nargs="*")
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if len(options.workspaces) < 2:
        print("Give two sample workspaces or more: one is learned from, the next one judges.")
        sys.exit(0)
    known = [read(folder) for folder in options.workspaces]
    rows = []
    for place, (clips, quality, _) in enumerate(known):
        fresh, truth, composite = known[(place + 1) % len(known)]
        labels = answers(clips, quality, options.labels, options.seed)
        scores = fit_reward(clips, labels, ModelSettings(), TrainingSettings(), seed=0).score(fresh)
        left, right = np.triu_indices(len(fresh), 1)
        ceiling = annotator_ceiling(SimulatedAnnotator("simulated"), truth[left], truth[right]).against_truth
        reward = np.nan_to_num(scores.reward, nan=0.0)
        rows.append((expected_accuracy(reward, truth), expected_accuracy(composite, truth), ceiling))
        print("ensemble {:.3f}  composite {:.3f}  ceiling {:.3f}".format(*rows[-1]), flush=True)
    print("mean: ensemble {:.3f}  composite {:.3f}  ceiling {:.3f}".format(*np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
