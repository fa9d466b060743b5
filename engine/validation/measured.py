"""Measured gains: the gain of every candidate clip by each trunk, and all that was seen on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats
    from engine.validation.estimator import Pool


__all__ = ["Measured", "Skill", "TrunkRun"]


@dataclass(frozen=True)
class Skill:
    """Loss on the validation pool of the trunk's own head, and of the two baselines that it must beat."""

    model: float
    zero_motion: float
    constant_velocity: float

    @property
    def share(self) -> float:
        """By how much the model is under the better baseline: 0.1 is a tenth less loss."""
        return 1 - self.model / min(self.zero_motion, self.constant_velocity)


@dataclass(frozen=True, kw_only=True)
class TrunkRun:
    """One trained trunk: the pools as it sees them, the ridge, and the gains `(n_bases, n)`."""

    seed: int
    pool: Pool
    validation: Pool
    ridge: float
    gains: Floats
    skill: Skill


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The gains of the candidates: `n` clips."""

    clip_ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    runs: tuple[TrunkRun, ...]
    subsets: Flags
    """`(m, n)`: random subsets on which networks were trained from scratch."""
    subset_losses: Floats
    """`(m,)`: their losses on the validation pool."""
    subset_repeats: Floats
    """`(r,)`: the losses of the first `r` of them, trained once more from other weights."""
    base_curve: dict[float, Floats]
    """Base share → `(n,)` gains at that size."""
    reused: dict[str, int] = field(default_factory=dict)
    """How many `trunks`, and `trainings` from scratch, an earlier run had left in the cache."""

    @property
    def measures(self) -> Floats:
        """`(m, n)`: the gain by each base of each trunk."""
        return np.concatenate([run.gains for run in self.runs])

    @property
    def gain(self) -> Floats:
        """`(n,)`: ΔM."""
        return np.asarray(self.measures.mean(axis=0))

    @property
    def gain_std(self) -> Floats:
        """`(n,)`: standard error over trunks, or over bases where there is one trunk only."""
        by_trunk = np.array([run.gains.mean(axis=0) for run in self.runs])
        rows = by_trunk if len(by_trunk) > 1 else self.runs[0].gains
        return np.asarray(rows.std(axis=0, ddof=1) / np.sqrt(len(rows)))
