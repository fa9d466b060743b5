"""Whole networks trained from scratch on random subsets of the candidates: the literal definition of what data does.

Each finished training is kept in a cache at once, so that a run which was cancelled goes on where it stopped. Needs
torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from engine.files.cache import load_arrays, save_arrays
from engine.validation.cloning import CloningSet
from engine.validation.estimator import base_keys, base_members, base_size, huber

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.validation.settings import EffortSettings


__all__ = ["FromScratch", "Trainings"]

FULL_SHARE = 0.3
"""Share of the candidates in a subset that a network is trained on from scratch."""
FIRST_SEED, SECOND_SEED = 9, 10
"""All subsets are trained from the same weights; those that are trained twice, from others the second time."""


@dataclass(frozen=True)
class FromScratch:
    """`m` trainings of whole networks, the first `r` of them done twice."""

    subsets: Flags
    """`(m, n)`: the candidates that each was trained on."""
    losses: Floats
    """`(m,)`: on the validation pool."""
    repeats: Floats
    """`(r,)`: of the first subsets once more, from other weights and with other batches."""
    reused: int
    """How many trainings the cache had."""


class Trainings:
    """Networks to be trained on random subsets, side by side with what else the threads have to do.

    All subsets start from the same weights and draw batches by the same numbers, so that they differ by their clips.
    """

    def __init__(
        self,
        candidates: CloningSet,
        validation: CloningSet,
        sure: Flags,
        scale: NDArray[np.float32],
        effort: EffortSettings,
        *,
        seed: int,
        stored: Path,
        on_progress: Callable[[float], None],
    ) -> None:
        """`sure` `(n, k, 2)`: the frames of the validation pool that count; `scale` `(OUTPUTS,)`; `stored`: the file
        that keeps the losses; `on_progress` may raise `Cancelled`."""
        n, m = len(candidates), effort.full_trainings
        keys = base_keys(candidates.clip_ids, m, seed + 77) if m else np.empty((0, n))
        size = base_size(n, FULL_SHARE)
        self._subsets = np.array([base_members(row, np.ones(n, bool), size) for row in keys], bool).reshape(m, n)
        self._losses = {
            "losses": np.full(m, np.nan),
            "repeats": np.full(min(effort.full_repeats, m), np.nan),
        }
        _recall(stored, self._losses)
        self._reused = self._done
        self._candidates, self._scale, self._effort = candidates, scale, effort
        # Only frames that count are looked at, each hand of theirs that counts.
        counts = sure.any(axis=-1)
        self._frames, self._sure = validation.frames[counts], sure[counts]
        self._target = (validation.target / scale)[counts]
        self._stored, self._on_progress, self._lock = stored, on_progress, Lock()

    @property
    def _done(self) -> int:
        return sum(int(np.isfinite(losses).sum()) for losses in self._losses.values())

    def start(self, threads: ThreadPoolExecutor) -> list[Future[None]]:
        """Let `threads` do what the cache does not have."""
        return [
            threads.submit(self._train, name, int(number))
            for name, losses in self._losses.items()
            for number in np.flatnonzero(np.isnan(losses))
        ]

    def found(self) -> FromScratch:
        """What came out, once all is done."""
        return FromScratch(self._subsets, self._losses["losses"], self._losses["repeats"], self._reused)

    def _train(self, name: str, number: int) -> None:
        from engine.validation.trunk import train_trunk, trunk_code

        self._tell()
        data = _subset(self._candidates, np.flatnonzero(self._subsets[number]))
        first = FIRST_SEED if name == "losses" else SECOND_SEED
        network = train_trunk(data, self._scale, self._effort, steps=self._effort.full_steps, seed=first)
        _, actions = trunk_code(network, self._frames[:, None])
        missed = (actions[:, 0] - self._target)[self._sure]
        with self._lock:
            self._losses[name][number] = float(huber(missed.astype(np.float64)).mean())
            save_arrays(self._stored, self._losses)
        self._tell()

    def _tell(self) -> None:
        self._on_progress(self._done / max(1, sum(map(len, self._losses.values()))))


def _recall(stored: Path, losses: dict[str, Floats]) -> None:
    """Fill in the losses that the cache has."""
    found = load_arrays(stored) or {}
    for name, values in losses.items():
        known = found.get(name, np.empty(0))[: len(values)]
        values[: len(known)] = known


def _subset(data: CloningSet, rows: Rows) -> CloningSet:
    return CloningSet(
        clip_ids=tuple(data.clip_ids[i] for i in rows),
        video_ids=tuple(data.video_ids[i] for i in rows),
        frames=data.frames[rows],
        target=data.target[rows],
        valid=data.valid[rows],
        velocity=data.velocity[rows],
        palm=data.palm[rows],
        present=data.present[rows],
        confidence=data.confidence[rows],
    )
