"""What rollouts need of behaviour cloning: policies, and how they are trained on chosen clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.sample.live import Observation

if TYPE_CHECKING:
    from engine.arrays import Flags

__all__ = ["Learner", "Policy", "Trainer"]

Policy = Callable[[Sequence[Observation]], NDArray[np.float32]]
"""What to do in `n` scenes at once: `(n, 2, OUTPUTS)` in palm lengths, each hand's palm at 0.1 to 0.5 s from now (x, y)
in the picture of now, then the change of its grip."""


class Trainer(Protocol):
    """Trains a policy on clips; the same clips and seed give the same policy. May raise `Cancelled`."""

    def __call__(self, clip_ids: Sequence[str], seed: int, on_progress: Callable[[float], None]) -> Policy:
        """The trained policy; `on_progress` gets the share of its training that is done."""


@dataclass(frozen=True, kw_only=True)
class Learner:
    """Behaviour cloning on a workspace's clips."""

    clip_ids: tuple[str, ...]
    """`n` clips that a policy can learn from."""
    motion: NDArray[np.int64]
    """`(n,)`: how many rows of each are in motion."""
    head_clips: Flags
    """`(n,)`: those that heads may learn from; the frozen trunk saw none of their videos."""
    networks: Trainer
    """Whole networks from scratch."""
    heads: Trainer
    """Heads in closed form on one frozen trunk: quick, and how ΔM is measured."""
    loss: Callable[[Policy], float]
    """A policy's loss on videos that neither the trunk nor the heads saw."""
    frame: tuple[int, int]
    """Width and height of the frames that policies see."""
    fingerprint: str
    """Names everything that its policies depend on but clips and seed."""
