"""Measures on judged pairs of real clips how well a reward tells which one was preferred, on sources it never saw.

    python -m benchmarks.real_pairs WORKSPACE LABELS.csv [--sample WORKSPACE WORKSPACE] [--repeats 4] [--columns]

WORKSPACE holds the labelled clips with their features: import the videos with `--annotations WINDOWS.csv --clips
annotations`, then `extract`. Several answers to one pair are pooled: its target is their mean, and only pairs whose
answers are decided on the whole count for accuracy. Two ways of holding sources out: `fifths`, the product's own
report (five groups of sources in turn, which leaves two thirds of the pairs to learn from, regrouped `--repeats`
times), and `both`: for every pair, all that was said of the sources of its two clips, which leaves almost all. Either
way no label of either source was seen. Intervals are 95 % of a bootstrap over sources; differences are paired.

With `--sample`, the same on two sample workspaces, one learned from with 300 simulated labels and the other judged,
both ways round: expected accuracy over all pairs as in `benchmarks.sample_reward`. With `--columns`, what each feature
is worth: alone, added to the others, and left out. Needs a workspace and labels; without them it says so and ends.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.workflows.reward_data import clip_table
from benchmarks import sample_reward
from engine.preference.answers import TARGETS
from engine.preference.label_files import read_labels
from engine.reward.crossval import cross_validate
from engine.reward.judging.baselines import linear_rewards, scaled_rewards
from engine.reward.prepare import prepare
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.reward.split import Fold, source_folds
from engine.statistics.pair_metrics import first_with_interval, source_weights
from engine.tables.types import PairTable
from storage import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.arrays import Floats
    from engine.preference.label_files import LabelRow
    from engine.reward.prepare import Prepared
    from engine.tables.types import ClipTable

ROUNDS = 2000
SAMPLE_LABELS = 300
SAMPLE_SEEDS = 3


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Real clips and what was said of pairs of them."""

    clips: ClipTable
    pairs: PairTable
    """One row a pair of clips; `target` is the mean of its answers."""
    composite: Floats
    missing: int
    """Answers about clips that the workspace lacks."""

    @property
    def decided(self) -> int:
        """Pairs that count for accuracy."""
        return int((self.pairs.target != 0.5).sum())


def pooled(clip_ids: tuple[str, ...], answers: Iterable[LabelRow]) -> tuple[PairTable, int]:
    """One row for each pair of clips, whichever side each was shown on, and how many answers are of other clips."""
    row_of = {clip_id: row for row, clip_id in enumerate(clip_ids)}
    targets: dict[tuple[int, int], list[float]] = defaultdict(list)
    missing = 0
    for answer in answers:
        if answer.left_clip_id not in row_of or answer.right_clip_id not in row_of:
            missing += 1
        elif answer.answer in TARGETS:
            left, right, target = row_of[answer.left_clip_id], row_of[answer.right_clip_id], TARGETS[answer.answer]
            key, value = ((left, right), target) if left < right else ((right, left), 1 - target)
            targets[key].append(value)
    left, right = (np.array([pair[side] for pair in targets], np.intp) for side in (0, 1))
    n = len(targets)
    target = np.array([np.mean(values) for values in targets.values()], np.float64)
    return PairTable(left=left, right=right, target=target, annotators=("",) * n, strategies=("",) * n), missing


def read(folder: str, labels: str) -> Judged:
    """A workspace's clips and what a label file says of them."""
    with Workspace(folder) as workspace:
        clips = clip_table(workspace)
        table = workspace.features.read(["composite_score"])
    composite = dict(zip(table["clip_id"].to_pylist(), table["composite_score"].to_pylist(), strict=True))
    pairs, missing = pooled(clips.clip_ids, read_labels(Path(labels).read_bytes(), labels).rows)
    scores = np.array([composite[clip_id] for clip_id in clips.clip_ids], np.float64)
    return Judged(clips=clips, pairs=pairs, composite=scores, missing=missing)


def folds_without_both(video_ids: tuple[str, ...], pairs: PairTable) -> tuple[Fold, ...]:
    """For the sources of each pair: everything said of either is held out, and the pairs between them are judged."""
    videos = np.array(video_ids)
    sources = {frozenset((video_ids[i], video_ids[j])) for i, j in zip(pairs.left, pairs.right, strict=True)}
    made = []
    for pair in sorted(sources, key=sorted):
        held_out = np.isin(videos, list(pair))
        left, right = held_out[pairs.left], held_out[pairs.right]
        spans = np.array([{videos[i], videos[j]} == pair for i, j in zip(pairs.left, pairs.right, strict=True)])
        made.append(Fold(held_out, ~left & ~right, left & right & spans))
    return tuple(made)


def share_right(prepared: Prepared, folds: tuple[Fold, ...], rewards: Floats) -> Floats:
    """`(n_pairs,)`: how often each pair was told right, over the folds `(folds, n_clips)` that judge it."""
    pairs = prepared.pairs
    difference = rewards[:, pairs.left] - rewards[:, pairs.right]
    right = np.where(difference == 0, 0.5, (difference > 0) == (pairs.target > 0.5))
    test = np.array([fold.test for fold in folds])
    times = test.sum(axis=0)
    found = np.divide((right * test).sum(axis=0), times, out=np.full(len(pairs), np.nan), where=times > 0)
    return np.where(pairs.target == 0.5, np.nan, found)


def interval(prepared: Prepared, right: Floats) -> tuple[float, float, float]:
    """The mean over pairs that count, with its interval."""
    names, place = np.unique(np.array(prepared.video_ids), return_inverse=True)
    sides = place[prepared.pairs.left], place[prepared.pairs.right]
    weights = source_weights(*sides, sources=len(names), rounds=ROUNDS, seed=0) * np.isfinite(right)
    total = weights.sum(axis=1)
    found = first_with_interval((weights @ np.nan_to_num(right))[total > 0] / total[total > 0])
    return found.value or 0.0, found.low or 0.0, found.high or 0.0


def ensemble_rewards(prepared: Prepared, folds: tuple[Fold, ...], model: ModelSettings) -> Floats:
    """`(folds, n_clips)`: the product's reward for the clips that each fold holds out."""
    held = cross_validate(prepared, folds, model, TrainingSettings(), seed=0)
    rewards = np.zeros((len(folds), len(prepared)))
    rewards[held.clip_fold, held.clip] = held.reward
    return rewards


def columns_only(clips: ClipTable, kept: list[str]) -> ClipTable:
    """The clips with these feature columns."""
    places = [clips.columns.index(name) for name in kept]
    groups = tuple(clips.groups[i] for i in places)
    return replace(clips, columns=tuple(kept), groups=groups, values=clips.values[:, places])


def judge(judged: Judged, how: Callable[[Prepared], tuple[Fold, ...]], *, groups: bool) -> None:
    """Print the accuracy of the reward and of what it must beat; with `groups`, what the reward loses without each."""
    model = ModelSettings()
    prepared = prepare(judged.clips, judged.pairs, model, TrainingSettings(), None)
    folds = how(prepared)
    base = share_right(prepared, folds, ensemble_rewards(prepared, folds, model))
    line("reward (ensemble)", interval(prepared, base))
    line("linear Bradley–Terry", interval(prepared, share_right(prepared, folds, linear_rewards(prepared, folds, 0))))
    scores = {"composite": judged.composite[prepared.clip_rows]}
    alone = dict(zip(prepared.layout.columns, prepared.values.T, strict=True))
    scores["camera speed alone"] = alone["motion_camera_speed_mean"]
    for name, score in scores.items():
        rewards = scaled_rewards(score, prepared.pairs, folds, upright=name == "composite")
        line(name, interval(prepared, share_right(prepared, folds, rewards)))
    single = {
        name: interval(prepared, share_right(prepared, folds, scaled_rewards(score, prepared.pairs, folds)))
        for name, score in alone.items()
    }
    for name in sorted(single, key=lambda name: -single[name][0])[:5]:
        line(f"  {name} alone", single[name])
    for group in (*dict.fromkeys(judged.clips.groups), "embedding") if groups else ():
        bare = prepare(judged.clips.without(group), judged.pairs, model, TrainingSettings(), None)
        right = share_right(bare, folds, ensemble_rewards(bare, folds, model))
        line(f"  worth of {group}", interval(prepared, base - right), sign=True)


def worth_of_columns(judged: Judged, how: Callable[[Prepared], tuple[Fold, ...]]) -> None:
    """Print what each column is worth to the linear fit: alone, and when it is left out of all others."""
    names = list(judged.clips.columns)
    settings = ModelSettings(), TrainingSettings()

    def right(clips: ClipTable) -> tuple[Prepared, Floats]:
        prepared = prepare(clips, judged.pairs, *settings, None)
        folds = how(prepared)
        return prepared, share_right(prepared, folds, linear_rewards(prepared, folds, 0))

    prepared, base = right(judged.clips)
    folds = how(prepared)
    for name, score in zip(prepared.layout.columns, prepared.values.T, strict=True):
        alone = share_right(prepared, folds, scaled_rewards(score, prepared.pairs, folds))
        _, without = right(columns_only(judged.clips, [other for other in names if other != name]))
        line(f"  {name} alone", interval(prepared, alone))
        line("      worth among all", interval(prepared, base - without), sign=True)


def sample_figures(folders: list[str]) -> None:
    """Print the same of sample workspaces, each learned from and judged on the next."""
    known = [sample_reward.read(folder) for folder in folders]
    found: dict[str, list[float]] = defaultdict(list)
    for seen, fresh in zip(known, [*known[1:], known[0]], strict=True):
        found["composite"].append(sample_reward.expected_accuracy(fresh.composite, fresh.quality))
        for seed in range(SAMPLE_SEEDS):
            base = sample_reward.learned(seen, fresh, SAMPLE_LABELS, seed)[0]
            found["reward (ensemble)"].append(base)
            for group in (*dict.fromkeys(seen.clips.groups), "embedding"):
                bare = [replace(side, clips=side.clips.without(group)) for side in (seen, fresh)]
                left = sample_reward.learned(bare[0], bare[1], SAMPLE_LABELS, seed)[0]
                found[f"  worth of {group}"].append(base - left)
        for name, score in zip(fresh.clips.columns, fresh.clips.values.T, strict=True):
            filled = np.where(np.isfinite(score), score, np.nanmean(score))
            up = sample_reward.expected_accuracy(filled, fresh.quality)
            found[f"  {name} alone"].append(max(up, 1 - up))
    for name, values in found.items():
        print(f"{name:44s} {np.mean(values):+.3f} ± {np.std(values) / np.sqrt(len(values)):.3f}")


def line(name: str, found: tuple[float, float, float], *, sign: bool = False) -> None:
    """Print a figure with its interval."""
    value, low, high = (f"{x:+.3f}" if sign else f"{x:.3f}" for x in found)
    print(f"{name:44s} {value} [{low}, {high}]", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", nargs="?")
    parser.add_argument("labels", nargs="?")
    parser.add_argument("--sample", nargs="+", default=[], help="sample workspaces, two or more")
    parser.add_argument("--repeats", type=int, default=4, help="how often sources are grouped in fifths anew")
    parser.add_argument("--columns", action="store_true", help="what each feature is worth")
    options = parser.parse_args()
    if not options.workspace or not options.labels:
        print("Give a workspace and a file with labels of its clips.")
        sys.exit(0)
    judged = read(options.workspace, options.labels)
    sources = len({judged.clips.video_ids[i] for i in np.concatenate([judged.pairs.left, judged.pairs.right])})
    print(
        f"{len(judged.pairs)} pairs of {sources} sources, {judged.decided} of them decided; "
        f"{judged.missing} answers are of clips that are not here."
    )
    ways: dict[str, Callable[[Prepared], tuple[Fold, ...]]] = {
        "fifths": lambda p: source_folds(p.video_ids, p.pairs, folds=5, repeats=options.repeats, seed=0),
        "both": lambda p: folds_without_both(p.video_ids, p.pairs),
    }
    for name, how in ways.items():
        print(f"\nheld out: {name}")
        judge(judged, how, groups=name == "fifths")
    if options.columns:
        print("\neach feature, by the linear fit, held out: both")
        worth_of_columns(judged, ways["both"])
    if len(options.sample) > 1:
        print("\nsample workspaces")
        sample_figures(options.sample)


if __name__ == "__main__":
    main()
