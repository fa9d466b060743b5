"""What a trial is: one frozen trunk, candidates of half of the other sources, and a judge of the other half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.arrays import Flags
    from engine.validation.estimator import Judge, Pool

__all__ = ["Trial"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trunk, one half of the other sources as candidates, and the other half to measure the loss."""

    trunk: int
    number: int
    """Which of the trunk's trials: two a halving, one each way round."""
    pool: Pool
    candidates: Flags
    """`(n,)`: of all clips."""
    judge: Judge
