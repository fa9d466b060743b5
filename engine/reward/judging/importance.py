"""What a reward goes by: how much its ranking changes when a feature group tells it nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.reward.judging.training_report import Importance
from engine.statistics.correlation import pearson

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.reward.fit import Reward
    from engine.tables.types import ClipTable

__all__ = ["group_importance"]

SHUFFLES = 5
ALIKE = 1e-9
"""Rewards, in logits, that differ by less are the same."""
MOST_CLIPS = 20_000
"""A correlation over so many clips is known to a hundredth; all of a large workspace would take minutes for it."""


def group_importance(
    reward: Reward, clips: ClipTable, *, seed: int = 0, on_progress: Callable[[float], None] | None = None
) -> tuple[Importance, ...]:
    """Permutation importance (L. Breiman, "Random Forests", Machine Learning 45, 2001) of each group, largest first.

    `importance`: how far rewards move when the group's inputs are shuffled among the clips, as a share of the rewards'
    variance that is lost: 1 − correlation². Of `clips` that can be scored, at most `MOST_CLIPS` of them, evenly
    picked. Empty where fewer than three clips can be scored, or all have the same reward: there is no ranking then.
    `on_progress(share done)` is called after every shuffle.
    """
    if len(clips) > MOST_CLIPS:
        clips = clips.take(np.linspace(0, len(clips) - 1, MOST_CLIPS).astype(np.intp))
    values, components = reward.layout.raw(clips)
    x = reward.scaling.inputs(reward.layout, values, components)
    scores = reward.score(clips).reward
    known = np.flatnonzero(np.isfinite(scores))
    if len(known) < 3 or np.ptp(scores[known]) <= ALIKE:
        return ()
    x, scores = x[known], scores[known]
    groups = np.array(reward.layout.input_groups)
    random = np.random.Generator(np.random.PCG64(seed))
    found = []
    names = reward.layout.group_names
    for number, name in enumerate(names):
        moved = []
        for shuffle in range(SHUFFLES):
            shuffled = x.copy()
            shuffled[:, groups == name] = x[random.permutation(len(x))][:, groups == name]
            other = reward.predict(shuffled)[0].mean(axis=0)
            # Rewards that are all alike once a group is shuffled went by that group alone.
            moved.append(1.0 if np.ptp(other) <= ALIKE else 1 - pearson(scores, other) ** 2)
            if on_progress is not None:
                on_progress((number + (shuffle + 1) / SHUFFLES) / len(names))
        found.append((float(np.mean(moved)), float(np.std(moved)), name))
    found.sort(key=lambda row: -row[0])
    return tuple(Importance(group=name, importance=mean, spread=spread) for mean, spread, name in found)
