"""What the ranking says of each clip, for its frames; and how much they weigh in training that weighs samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.arrays import Flags, Floats

__all__ = ["Rewards", "rewards_of"]

_STEEPEST = 50.0


@dataclass(frozen=True, kw_only=True)
class Rewards:
    """Of each clip, `(n,)` each; finite throughout."""

    reward: Floats
    """0 where it is not known."""
    std: Floats
    """How unsure the model's members are of it; 0 where that is not known."""
    known: Flags
    weight: Floats
    """Of its frames in training: twice the logistic function of its reward less the clips' median. So 1 for the clip in
    the middle, between 0 and 2, and 1 for a clip without a reward."""


def rewards_of(table: pa.Table) -> Rewards:
    """The rewards of the clips of an export, from the columns `reward` and `reward_std`."""
    reward, std = (_column(table, name) for name in ("reward", "reward_std"))
    known = np.isfinite(reward)
    weight = np.ones(len(reward))
    if known.any():
        above = reward[known] - np.median(reward[known])
        weight[known] = 2 / (1 + np.exp(-np.clip(above, -_STEEPEST, _STEEPEST)))
    return Rewards(
        reward=np.where(known, reward, 0.0),
        std=np.where(known & np.isfinite(std), std, 0.0),
        known=known,
        weight=weight,
    )


def _column(table: pa.Table, name: str) -> Floats:
    """A column as numbers, NaN where it is missing."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    found: Floats = table.column(name).cast("double").to_pandas().to_numpy(np.float64, na_value=np.nan)
    return found
