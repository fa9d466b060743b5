"""What a reward goes by: how much its ranking changes when a feature group tells it nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from engine.reward.fit import Reward
    from engine.reward.types import ClipTable

__all__ = ["group_importance"]

SHUFFLES = 5


def group_importance(reward: Reward, clips: ClipTable, *, seed: int = 0) -> list[dict[str, Any]]:
    """Permutation importance (L. Breiman, "Random Forests", Machine Learning 45, 2001) of each group, largest first.

    `importance`: how far rewards move when the group's inputs are shuffled among the clips, as a share of the rewards'
    variance that is lost: 1 − correlation². Of `clips` that can be scored.
    """
    values, components = reward.layout.raw(clips)
    x = reward.scaling.inputs(reward.layout, values, components)
    scores = reward.score(clips).reward
    known = np.flatnonzero(np.isfinite(scores))
    if len(known) < 3:
        return []
    x, scores = x[known], scores[known]
    groups = np.array(reward.layout.input_groups)
    random = np.random.Generator(np.random.PCG64(seed))
    rows = []
    for name in reward.layout.group_names:
        moved = []
        for _ in range(SHUFFLES):
            shuffled = x.copy()
            shuffled[:, groups == name] = x[random.permutation(len(x))][:, groups == name]
            other = reward.predict(shuffled)[0].mean(axis=0)
            moved.append(1 - float(np.corrcoef(scores, other)[0, 1]) ** 2)
        rows.append({"group": name, "importance": float(np.mean(moved)), "spread": float(np.std(moved))})
    return sorted(rows, key=lambda row: -row["importance"])
