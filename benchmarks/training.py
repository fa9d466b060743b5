"""Times a whole training on two cores: 500 labels, the default ensemble and the report.

    python -m benchmarks.training [--labels 500] [--json]

Clips with 36 features and an embedding, and answers by a known quality, are generated. In one run:

(a) `seconds`: `study` from tables to report: cross-validation, baselines, learning curve, the final ensemble. Libraries
    are loaded before. Goal: under 15 s on two idle cores.
(b) `stack_gain`: the members' networks trained one after the other, over all at once. Above 1, stacking pays.
"""

from __future__ import annotations

import argparse
import json
import os
import time

import numpy as np

from engine.reward.crossval import label_weights
from engine.reward.linear_part import linear_part
from engine.reward.prepare import prepare
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.reward.study import study
from engine.tables.types import ClipTable, PairTable

CLIPS, SOURCES, COLUMNS, WIDTH = 200, 25, 36, 512
GOAL_S = 15.0
EPOCHS = 30
MEMBERS = 20


def made(labels: int) -> tuple[ClipTable, PairTable]:
    """Generated clips, and answers by three of their features."""
    random = np.random.default_rng(0)
    values = random.normal(size=(CLIPS, COLUMNS))
    names = tuple(f"feature_{i}" for i in range(COLUMNS))
    clips = ClipTable(
        clip_ids=tuple(f"clip {i}" for i in range(CLIPS)),
        video_ids=tuple(f"video {i % SOURCES}" for i in range(CLIPS)),
        columns=names,
        groups=tuple(f"group {i % 4}" for i in range(COLUMNS)),
        values=values,
        embedding_model="made up",
        embedding=random.normal(size=(CLIPS, WIDTH)).astype(np.float32),
    )
    left = random.integers(CLIPS, size=labels)
    right = (left + random.integers(1, CLIPS, size=labels)) % CLIPS
    worth = values[:, :3].sum(axis=1)
    target = (random.random(labels) < 1 / (1 + np.exp(worth[right] - worth[left]))).astype(float)
    return clips, PairTable(
        left=left, right=right, target=target, annotators=("made up",) * labels, strategies=("random",) * labels
    )


def train_members(clips: ClipTable, pairs: PairTable, members: int, times: int) -> float:
    """Seconds for `times` stacks of `members` networks, `EPOCHS` passes each."""
    from engine.reward.network.train import Task, train

    model, training = ModelSettings(), TrainingSettings.model_validate({"optimiser": {"device": "cpu"}})
    prepared = prepare(clips, pairs, model, training, None)
    x = prepared.inputs(prepared.scaling(np.arange(len(prepared))))[None]
    learned = np.ones(len(pairs), np.bool_)
    none = np.empty((members, 0))
    weights = label_weights(learned, members, seed=0, resample=True)
    task = Task(
        inputs=x,
        view=np.zeros(members, np.intp),
        left=prepared.pairs.left,
        right=prepared.pairs.right,
        target=prepared.pairs.target,
        weights=weights,
        linear=linear_part(prepared.layout, x[0], prepared.pairs, weights, training.preference.beta),
        gain_linear=np.zeros((members, x.shape[2])),
        gain_rows=np.empty(0, np.intp),
        gains=none,
        gain_weights=none,
    )
    began = time.perf_counter()
    for seed in range(times):
        train(task, model, training, epochs=EPOCHS, seed=seed)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    clips, pairs = made(options.labels)
    train_members(clips, pairs, 1, 1)
    study(clips, pairs.take(list(range(60))), ModelSettings(), TrainingSettings())  # loads what there is to load
    began, cpu = time.perf_counter(), time.process_time()
    study(clips, pairs, ModelSettings(), TrainingSettings())
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    apart, together = train_members(clips, pairs, 1, MEMBERS), train_members(clips, pairs, MEMBERS, 1)
    found = {
        "labels": options.labels,
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "goal_s": GOAL_S,
        "stack_gain": round(apart / together, 2),
    }
    print(json.dumps(found) if options.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
