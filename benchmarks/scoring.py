"""Times scoring of 100,000 clips with and without missing features, and the choice of pairs as data grows.

    python -m benchmarks.scoring [--clips 100000] [--json]

- gaps: clips of which every third lacks a feature group, over whole ones;
- growth: all of them with gaps, over ten times what a tenth of them takes: 1 is linear;
- labels: a refill of 12 pairs after 2,000 labels, over one after 200 (2,000 clips);
- pool: a refill among all clips over one among 2,000, after 200 labels.

Each is the least of several processor times.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

import numpy as np

from engine.preference.answers import AskedPair
from engine.preference.choosing import choose_pairs
from engine.preference.settings import PairSettings
from engine.reward.fit import fit_reward
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.tables.types import ClipTable, PairTable

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = 36
GROUPS = 6
WIDTH = 64
REFILL = 12


def table(n: int, *, gaps: bool = False, seed: int = 0) -> ClipTable:
    """`n` clips of 36 features in six groups, six clips a video."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, COLUMNS))
    if gaps:
        values[::3, : COLUMNS // GROUPS] = np.nan
    return ClipTable(
        clip_ids=tuple(f"clip {k}" for k in range(n)),
        video_ids=tuple(f"video {k // 6}" for k in range(n)),
        columns=tuple(f"feature_{k}" for k in range(COLUMNS)),
        groups=tuple(f"group {k * GROUPS // COLUMNS}" for k in range(COLUMNS)),
        values=values,
        embedding_model="random",
        embedding=rng.normal(size=(n, WIDTH)).astype(np.float32),
    )


def least_s(work: Callable[[], object], times: int = 4) -> float:
    """The least processor time of a few runs."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def scoring(n: int) -> dict[str, float]:
    """Ratios for missing features, and for ten times as many clips."""
    known = table(600)
    rng = np.random.default_rng(1)
    left = rng.integers(600, size=400)
    right = (left + rng.integers(1, 600, size=400)) % 600
    target = (known.values[left, 0] > known.values[right, 0]).astype(float)
    pairs = PairTable(left=left, right=right, target=target, annotators=("a",) * 400, strategies=("random",) * 400)
    training = TrainingSettings.model_validate({"optimiser": {"epochs": 5, "device": "cpu"}})
    reward = fit_reward(known, pairs, ModelSettings(), training)
    whole, gaps, tenth = table(n), table(n, gaps=True), table(n // 10, gaps=True)
    with_gaps_s = least_s(lambda: reward.score(gaps))
    return {
        "gaps": with_gaps_s / least_s(lambda: reward.score(whole)),
        "growth": with_gaps_s / (10 * least_s(lambda: reward.score(tenth))),
        "clips_a_second": n / with_gaps_s,
    }


def choosing(n: int) -> dict[str, float]:
    """Ratios of the time to choose pairs, for more labels and for more clips."""
    few, many = table(2_000), table(n)
    settings = PairSettings()

    def refill_s(clips: ClipTable, labels: int) -> float:
        asked = history(clips, labels)
        return least_s(lambda: choose_pairs(clips, asked, "a", REFILL, settings, seed=0))

    after_200_s = refill_s(few, 200)
    return {"labels": refill_s(few, 2_000) / after_200_s, "pool": refill_s(many, 200) / after_200_s}


def history(clips: ClipTable, labels: int) -> list[AskedPair]:
    """Answers of two annotators, with more random pairs and repeats than needed, so that the timed refill chooses by
    information."""
    rng = np.random.default_rng(2)
    pool = rng.permutation(len(clips))[:400]
    asked = []
    for number in range(labels):
        one, other = rng.choice(pool, 2, replace=False)
        how = str(rng.choice(["random", "information", "repeat"], p=[0.2, 0.66, 0.14]))
        answer = str(rng.choice(["left", "right"]))
        asked.append(AskedPair(clips.clip_ids[one], clips.clip_ids[other], answer, "ab"[number % 2], how))
    return asked


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {**scoring(options.clips), **choosing(options.clips)}
    if options.json:
        print(json.dumps(found))
        return
    print(f"{'scoring with gaps over without':<48}{found['gaps']:8.2f}")
    print(f"{'scoring all clips over ten times a tenth':<48}{found['growth']:8.2f}")
    print(f"{'scored, clips with gaps':<48}{found['clips_a_second']:8,.0f} clips/s of processor time")
    print(f"{'a refill after 2,000 labels over after 200':<48}{found['labels']:8.2f}")
    print(f"{'a refill among all clips over among 2,000':<48}{found['pool']:8.2f}")


if __name__ == "__main__":
    main()
