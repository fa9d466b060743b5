"""Measures a reward's accuracy on sample workspaces: trained on simulated labels in one, evaluated on another.

    python -m benchmarks.sample_reward WORKSPACE WORKSPACE… [--labels 300] [--seeds 3] [--why]

Each workspace (`handpicked sample --seed S`, then `extract`) is trained on and evaluated on the next one's clips, of
unseen videos. Accuracies are expected ones, over all pairs of its clips and from the annotator's probabilities, so that
chance in the predicted answers plays no part. `ceiling` is the share of the annotator's answers that name the truly
better clip, `itself` how often it answers a pair alike twice.

`--why` shows what the distance to the ceiling is made of: the accuracy with more labels; with the exact hidden quality
of every clip in place of labels (a ridge regression on the reward's own inputs), which no annotator could give; and
with that and the true activity of each clip as an input, which is more than any feature could measure.

Needs two workspaces; without any it says so and ends.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from app.workflows.reward_data import clip_table
from engine.preference.answers import TARGETS
from engine.preference.simulated import SimulatedAnnotator, annotator_ceiling
from engine.reward.fit import Reward, fit_reward
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.tables.types import ClipTable, PairTable
from storage import Workspace


@dataclass(frozen=True)
class Known:
    """A sample workspace: its clips with hidden quality, composite score and activity."""

    clips: ClipTable
    quality: np.ndarray
    composite: np.ndarray
    kind: np.ndarray


def read(folder: str) -> Known:
    """Read a workspace's clips with known truth."""
    with Workspace(folder) as workspace:
        clips = clip_table(workspace)
        truth = {row.clip_id: row for row in workspace.sample.clip_quality()}
        table = workspace.features.read(["composite_score"])
    composite = dict(zip(table["clip_id"].to_pylist(), table["composite_score"].to_pylist(), strict=True))
    return Known(
        clips,
        np.array([truth[c].quality for c in clips.clip_ids], float),
        np.array([composite[c] for c in clips.clip_ids], float),
        np.array([truth[c].kind for c in clips.clip_ids]),
    )


def answers(clips: ClipTable, quality: np.ndarray, labels: int, seed: int) -> PairTable:
    """Random pairs, answered by a simulated annotator at the default noise."""
    random, annotator = np.random.default_rng(seed), SimulatedAnnotator(name="simulated", seed=seed)
    sides = np.array([random.choice(len(clips), 2, replace=False) for _ in range(labels)])
    said = [annotator.answer(clips.clip_ids[i], clips.clip_ids[j], quality[i], quality[j]).answer for i, j in sides]
    target = np.array([TARGETS[answer] for answer in said])
    return PairTable(
        left=sides[:, 0],
        right=sides[:, 1],
        target=target,
        annotators=("simulated",) * labels,
        strategies=("random",) * labels,
    )


def expected_accuracy(score: np.ndarray, quality: np.ndarray) -> float:
    """Expected share of decided answers that the score predicts, over all pairs."""
    left, right = np.triu_indices(len(score), 1)
    said, truth = score[left] - score[right], quality[left] - quality[right]
    win, tie = SimulatedAnnotator(name="simulated").decide(truth)
    right_answer = np.where(said > 0, win, np.where(said < 0, 1 - tie - win, (1 - tie) / 2))
    return float(right_answer.sum() / (1 - tie).sum())


def learned(seen: Known, fresh: Known, labels: int, seed: int) -> tuple[float, Reward]:
    """The accuracy of an ensemble trained on simulated labels, and the ensemble."""
    pairs = answers(seen.clips, seen.quality, labels, seed)
    reward = fit_reward(seen.clips, pairs, ModelSettings(), TrainingSettings(), seed=0)
    return expected_accuracy(np.nan_to_num(reward.score(fresh.clips).reward, nan=0.0), fresh.quality), reward


def regressed(seen: Known, fresh: Known, reward: Reward, *, kind_known: bool) -> float:
    """The accuracy of a ridge regression of the exact quality on the inputs of a reward."""
    from sklearn.linear_model import RidgeCV

    parts = []
    for known in (seen, fresh):
        inputs = reward.scaling.inputs(reward.layout, *reward.layout.raw(known.clips))
        kinds = (known.kind[:, None] == np.unique(seen.kind)).astype(float)
        parts.append(np.hstack([inputs, kinds]) if kind_known else inputs)
    fitted = RidgeCV(np.logspace(0, 4, 17)).fit(parts[0], seen.quality)
    return expected_accuracy(fitted.predict(parts[1]), fresh.quality)


def judge(seen: Known, fresh: Known, labels: int, seeds: range, *, why: bool) -> dict[str, float]:
    """Accuracies by name, trained on `seen` and evaluated on `fresh`."""
    found = [learned(seen, fresh, labels, seed) for seed in seeds]
    left, right = np.triu_indices(len(fresh.quality), 1)
    ceiling = annotator_ceiling(SimulatedAnnotator(name="simulated"), fresh.quality[left], fresh.quality[right])
    rows = {
        f"ensemble, {labels} labels": float(np.mean([accuracy for accuracy, _ in found])),
        "composite": expected_accuracy(fresh.composite, fresh.quality),
    }
    if why:
        for more in (1000, 3000):
            rows[f"ensemble, {more} labels"] = float(np.mean([learned(seen, fresh, more, seed)[0] for seed in seeds]))
        rows["exact quality"] = regressed(seen, fresh, found[0][1], kind_known=False)
        rows["exact quality, kind known"] = regressed(seen, fresh, found[0][1], kind_known=True)
    return {**rows, "ceiling": ceiling.against_truth, "itself": ceiling.against_itself}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspaces", nargs="*")
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3, help="how often labels are simulated anew")
    parser.add_argument("--why", action="store_true", help="what the distance to the ceiling is made of")
    options = parser.parse_args()
    if len(options.workspaces) < 2:
        print("Give two sample workspaces or more: one is learned from, the next one judges.")
        sys.exit(0)
    known = [read(folder) for folder in options.workspaces]
    pairs = zip(known, [*known[1:], known[0]], strict=True)
    rows = [judge(seen, fresh, options.labels, range(options.seeds), why=options.why) for seen, fresh in pairs]
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name:26s} {np.mean(values):.3f}   " + "  ".join(f"{value:.3f}" for value in values))


if __name__ == "__main__":
    main()
