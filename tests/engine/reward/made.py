"""Clips whose worth is known, and people who answer by it."""

from __future__ import annotations

import numpy as np

from engine.reward.settings import ModelSettings, TrainingSettings
from engine.tables.types import ClipTable, PairTable

QUICK_MODEL = ModelSettings.model_validate(
    {"network": {"trunk_sizes": [32, 16], "human_head_sizes": [8], "robot_head_sizes": [8], "dropout": 0.1}}
)
QUICK = TrainingSettings.model_validate(
    {
        "optimiser": {"learning_rate": 0.01, "weight_decay": 1.0, "epochs": 60, "patience": 15, "device": "cpu"},
        "split": {"folds": 3, "repeats": 1},
        "report": {"bootstrap_rounds": 60},
    }
)


def clips(n: int = 60, sources: int = 6, seed: int = 0, embedding: int | None = 6) -> ClipTable:
    """Four features in two groups, an embedding of six numbers."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, 4)) * [1, 10, 0.1, 1] + [0, 100, 5, 0]
    return ClipTable(
        clip_ids=tuple(f"clip {i}" for i in range(n)),
        video_ids=tuple(f"video {i % sources}" for i in range(n)),
        columns=("look_a", "look_b", "hand_a", "hand_b"),
        groups=("look", "look", "hand", "hand"),
        values=values,
        embedding_model="toy" if embedding else None,
        embedding=random.normal(size=(n, embedding)).astype(np.float32) if embedding else None,
    )


def worth(table: ClipTable) -> np.ndarray:
    """What the people go by: two features, one of them squared."""
    a, b = table.values[:, 0], (table.values[:, 2] - 5) / 0.1
    return np.asarray(1.5 * a - 1.0 * b**2)


def answers(table: ClipTable, n: int = 200, seed: int = 1, ties: float = 0.05) -> PairTable:
    """Random pairs, answered by Bradley–Terry."""
    random = np.random.default_rng(seed)
    left = random.integers(len(table), size=n)
    right = (left + random.integers(1, len(table), size=n)) % len(table)
    q = worth(table)
    target = (random.random(n) < 1 / (1 + np.exp(q[right] - q[left]))).astype(float)
    target[random.random(n) < ties] = 0.5
    return PairTable(left=left, right=right, target=target, annotators=("anna",) * n, strategies=("random",) * n)
