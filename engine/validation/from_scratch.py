"""Whole networks trained from scratch on random subsets of the clips: the literal definition of what data does.

Each finished training is kept in a cache at once, so that a run which was cancelled goes on where it stopped. Needs
torch.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from engine.files.cache import load_arrays, save_arrays
from engine.validation.baselines import damped_velocity, damping
from engine.validation.estimator import base_keys, base_members, base_size, clip_weights, huber
from engine.validation.measured import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor
    from pathlib import Path

    from engine.arrays import Floats
    from engine.validation.cloning_data import CloningData
    from engine.validation.compute import Compute
    from engine.validation.device_rows import DeviceRows
    from engine.validation.pools import Rotation


__all__ = ["Trainings"]

FULL_SHARE = 0.5
"""Share of the clips in a subset that a network is trained on from scratch."""
_SEEDS = {"losses": 9, "repeats": 10}
"""All subsets are trained from the same weights; those that are trained twice, from others the second time."""


class Trainings:
    """Networks to be trained on random subsets, side by side with what else the threads have to do.

    The sources of one rotation's trunk measure the loss; subsets are of the other sources' clips. All subsets start
    from the same weights and draw batches by the same numbers, so that they differ by their clips.
    """

    def __init__(
        self,
        data: CloningData,
        rotation: Rotation,
        *,
        seed: int,
        stored: Path,
        on_progress: Callable[[float], None],
    ) -> None:
        """`stored`: the file that keeps the losses; `on_progress` may raise `Cancelled`."""
        effort = data.effort
        n, m = len(data.clips), effort.full_trainings
        allowed = data.of_sources(rotation.others) & data.moving.any(axis=(1, 2))
        keys = base_keys(data.clips.clip_ids, m, seed + 77) if m else np.empty((0, n))
        size = base_size(int(allowed.sum()), FULL_SHARE)
        self._subsets = np.array([base_members(row, allowed, size) for row in keys], bool).reshape(m, n)
        self._losses = {"losses": np.full(m, np.nan), "repeats": np.full(min(effort.full_repeats, m), np.nan)}
        _recall(stored, self._losses)
        self.reused = self._done
        """How many trainings the cache had."""
        self._data, self._effort = data, effort
        measuring = data.of_sources((*rotation.trunk, *rotation.held))
        self._videos = np.isin(np.arange(len(data.video_ids)), data.video[measuring])
        # Only rows that count are looked at, each hand of theirs that counts.
        self._counts = counts = data.measured & measuring[:, None, None]
        kept = counts.any(axis=2)
        self._frames, self._state = data.clips.frames[kept], data.clips.state[kept]
        self._target = (data.clips.target / data.scale)[kept].astype(np.float64)
        kept_share = damping(data.clips.take(np.flatnonzero(allowed)), data.moving[allowed])
        self._velocity = damped_velocity(data, kept_share)[kept]
        self._weight = clip_weights(counts)[kept]
        self._stored, self._on_progress, self._lock = stored, on_progress, Lock()

    @property
    def _done(self) -> int:
        return sum(int(np.isfinite(losses).sum()) for losses in self._losses.values())

    @property
    def wanted(self) -> bool:
        """Whether any network is to be trained, now or by an earlier run."""
        return bool(len(self._subsets) and self._weight.any())

    def start(self, threads: ThreadPoolExecutor) -> list[Future[None]]:
        """Let `threads` do what the cache does not have."""
        return [threads.submit(self._train, name, number) for name, number in self.missing]

    def train_stacked(self, rows: DeviceRows, compute: Compute) -> None:
        """Do what the cache does not have in stacks, on the device where `rows` are. Raises `DeviceFull`."""
        from engine.validation.device_rows import Watched
        from engine.validation.stack_training import StackTask, train_in_stacks, watched_losses
        from engine.validation.training import CHOICES
        from engine.validation.trunk_stack import TrunkStack

        missing = self.missing
        tasks = [
            StackTask(clips=np.flatnonzero(self._subsets[number]), held=None, choice=CHOICES[0], seed=_SEEDS[name])
            for name, number in missing
        ]
        measuring, done, steps = Watched.of(self._counts), self._done, self._effort.full_steps

        def tell(share: float) -> None:
            self._on_progress((done + share * len(tasks)) / max(1, done + len(tasks)))

        stacks = train_in_stacks(rows, self._data.clips, tasks, self._effort, compute, steps=steps, on_progress=tell)
        for places, trained in stacks:
            stack = TrunkStack([one.trunk for one in trained], rows.device)
            losses = watched_losses(stack, rows, [measuring] * len(stack))
            for place, loss in zip(places, losses, strict=True):
                name, number = missing[place]
                self._losses[name][number] = loss
            save_arrays(self._stored, self._losses)
        self._tell()

    @property
    def missing(self) -> list[tuple[str, int]]:
        """`(which losses, the number of the subset)` of each training that is still to be done."""
        if not self._weight.any():
            return []
        return [(name, int(i)) for name, losses in self._losses.items() for i in np.flatnonzero(np.isnan(losses))]

    def found(self) -> Scratch | None:
        """What came out, once all is done; None where nothing was trained."""
        losses = self._losses["losses"]
        if not np.isfinite(losses).any():
            return None
        return Scratch(
            subsets=self._subsets,
            losses=losses,
            repeats=self._losses["repeats"],
            videos=self._videos,
            baseline=min(self._mean(np.zeros_like(self._target)), self._mean(self._velocity)),
        )

    def _mean(self, guess: Floats) -> float:
        missed = huber(guess - self._target).mean(axis=-1)
        return float((missed * self._weight).sum() / self._weight.sum())

    def _train(self, name: str, number: int) -> None:
        from engine.validation.training import CHOICES, train_trunk
        from engine.validation.trunk import trunk_actions
        from engine.validation.trunk_batches import TrainingRows

        self._tell()
        rows = TrainingRows(self._data.clips.take(np.flatnonzero(self._subsets[number])), self._data.scale)
        steps = self._effort.full_steps
        trained = train_trunk(rows, None, self._effort, CHOICES[0], steps=steps, seed=_SEEDS[name])
        actions = trunk_actions(trained.trunk, self._frames, self._state)
        with self._lock:
            self._losses[name][number] = self._mean(actions.astype(np.float64))
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
