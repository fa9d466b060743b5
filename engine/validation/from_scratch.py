"""Whole networks trained from scratch on random subsets of the candidates: the literal definition of what data does.

Each finished training is kept in a cache at once, so that a run which was cancelled goes on where it stopped. Needs
torch.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from engine.cancel import Cancelled
from engine.validation.cloning import CloningSet
from engine.validation.estimator import base_keys, base_members, base_size, huber
from engine.validation.kept import keep, kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.validation.settings import EffortSettings
    from engine.video.types import CancelCheck

    Floats = NDArray[np.float64]

__all__ = ["FromScratch", "train_from_scratch"]

FULL_SHARE = 0.3
"""Share of the candidates in a subset that a network is trained on from scratch."""


@dataclass(frozen=True)
class FromScratch:
    """`m` trainings of whole networks."""

    subsets: NDArray[np.bool_]
    """`(m, n)`: the candidates that each was trained on."""
    losses: Floats
    """`(m,)`: on the validation pool."""
    reused: int
    """How many of them the cache had."""


def train_from_scratch(
    candidates: CloningSet,
    validation: CloningSet,
    sure: NDArray[np.bool_],
    scale: NDArray[np.float32],
    effort: EffortSettings,
    *,
    seed: int,
    stored: Path,
    workers: int,
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: CancelCheck | None = None,
) -> FromScratch:
    """Train on random subsets. `sure` `(n, k, 2)`: the frames of the validation pool that count; `scale` `(OUTPUTS,)`.

    All start from the same weights and draw batches by the same numbers, so that subsets differ by their clips.
    `stored`: the file that keeps the losses. Raises `Cancelled`.
    """
    n, m = len(candidates), effort.full_trainings
    keys = base_keys(candidates.clip_ids, m, seed + 77) if m else np.empty((0, n))
    size = base_size(n, FULL_SHARE)
    subsets = np.array([base_members(row, np.ones(n, bool), size) for row in keys], bool).reshape(m, n)
    losses = _known(stored, m)
    left = np.flatnonzero(np.isnan(losses))
    if not len(left):
        return FromScratch(subsets, losses, m)
    from engine.validation.trunk import train_trunk, trunk_code

    target, lock = validation.target / scale, Lock()

    def one(number: int) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled
        data = _subset(candidates, np.flatnonzero(subsets[number]))
        network = train_trunk(data, scale, effort, steps=effort.full_steps, seed=9)
        _, actions = trunk_code(network, validation.frames)
        with lock:
            losses[number] = float(huber((actions - target)[sure].astype(np.float64)).mean())
            keep(stored, {"losses": losses})
            done = int(np.isfinite(losses).sum())
        if on_progress is not None:
            on_progress(done / m, "training from scratch")

    with ThreadPoolExecutor(max(1, workers)) as threads:
        list(threads.map(one, left))
    return FromScratch(subsets, losses, m - len(left))


def _known(stored: Path, count: int) -> Floats:
    """`(count,)`: the losses in the cache, NaN where there is none."""
    losses, found = np.full(count, np.nan), kept(stored)
    if found is not None and "losses" in found:
        known = found["losses"][:count]
        losses[: len(known)] = known
    return losses


def _subset(data: CloningSet, rows: NDArray[np.intp]) -> CloningSet:
    return CloningSet(
        tuple(data.clip_ids[i] for i in rows),
        tuple(data.video_ids[i] for i in rows),
        data.frames[rows],
        data.target[rows],
        data.valid[rows],
        data.velocity[rows],
        data.palm[rows],
        data.present[rows],
        data.confidence[rows],
    )
