"""Who solves heads: NumPy on the CPU, trial beside trial, or a graphics card (`device_heads`), one trial at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from engine.validation.estimator import add_one_in, fit_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import ThreadPoolExecutor

    from engine.arrays import Flags, Floats
    from engine.validation.trial import Trial

__all__ = ["Heads", "NumpyHeads"]

T = TypeVar("T")
R = TypeVar("R")


class Heads(Protocol):
    """Solves ridge heads in closed form, and measures what they lose and what clips add to them."""

    def losses(self, trial: Trial, members: Flags, ridge: float) -> Floats:
        """`(g, n_videos)`: the losses of the head of each base, `members` `(g, n)`, summed over each video's clips."""

    def added(self, trial: Trial, ridge: float, share: float, keys: Floats) -> Floats:
        """`(n, n_videos)`: what each candidate of a trial adds to one random base; see `estimator.add_one_in`."""

    def for_each(self, threads: ThreadPoolExecutor, work: Callable[[T], R], things: Iterable[T]) -> Iterable[R]:
        """`work` on each of these things, in order, however this solver is used best."""

    @property
    def computed_on(self) -> str:
        """The device that did it so far, as people call it."""


class NumpyHeads:
    """On the CPU, one base after the other; threads do trials side by side."""

    computed_on = "CPU"

    def losses(self, trial: Trial, members: Flags, ridge: float) -> Floats:
        """See `Heads`."""
        return np.array([trial.judge.losses(fit_head(trial.pool, one, ridge).weights) for one in members], np.float64)

    def added(self, trial: Trial, ridge: float, share: float, keys: Floats) -> Floats:
        """See `Heads`."""
        return add_one_in(trial.pool, trial.candidates, trial.judge, base_share=share, ridge=ridge, keys=keys)

    def for_each(self, threads: ThreadPoolExecutor, work: Callable[[T], R], things: Iterable[T]) -> Iterable[R]:
        """Side by side."""
        return threads.map(work, things)
