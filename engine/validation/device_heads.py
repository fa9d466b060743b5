"""Heads in closed form on a graphics card: all bases of a question, and all clips of a base, at once. Needs torch.

The arithmetic is that of `estimator`, in 64 bits, in sums of another order. Clips are done in chunks that fit into the
device's memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from torch import Tensor

from engine.features.device import free_device_memory, is_out_of_memory
from engine.validation.estimator import HUBER_DELTA, bases_of
from engine.validation.heads import NumpyHeads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import ThreadPoolExecutor

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats
    from engine.validation.compute import Compute
    from engine.validation.estimator import Judge, Pool
    from engine.validation.trial import Trial

__all__ = ["DeviceHeads"]

_CHUNK_BYTES = 1 << 30
"""Memory of the residuals of one chunk, at first."""
_COPIES = 4
"""Arrays of the size of the residuals that are in memory at once."""

T = TypeVar("T")
R = TypeVar("R")


class DeviceHeads:
    """Solves heads on a device, one trial at a time: a card does no two things faster than one."""

    def __init__(self, compute: Compute, chunk_bytes: int = _CHUNK_BYTES) -> None:
        self._compute, self._chunk_bytes = compute, chunk_bytes
        self._used: dict[str, None] = {}
        self._pool: tuple[Pool, _DevicePool] | None = None
        self._judge: tuple[Judge, _DeviceJudge] | None = None
        self._cpu: NumpyHeads | None = None
        """Does the rest, where the device's memory was too small."""

    @property
    def computed_on(self) -> str:
        """The device that did it so far, as people call it."""
        return ", ".join(self._used) or self._compute.name

    def for_each(self, threads: ThreadPoolExecutor, work: Callable[[T], R], things: Iterable[T]) -> Iterable[R]:
        """One after the other; side by side once the CPU does it."""
        return threads.map(work, things) if self._cpu else map(work, things)

    def losses(self, trial: Trial, members: Flags, ridge: float) -> Floats:
        """See `Heads`."""
        found = None if self._cpu else self._if_it_fits(lambda: self._losses(trial, members, ridge))
        return self._on_cpu().losses(trial, members, ridge) if found is None else found

    def added(self, trial: Trial, ridge: float, share: float, keys: Floats) -> Floats:
        """See `Heads`."""
        found = None if self._cpu else self._if_it_fits(lambda: self._added(trial, ridge, share, keys))
        return self._on_cpu().added(trial, ridge, share, keys) if found is None else found

    def _on_cpu(self) -> NumpyHeads:
        if self._cpu is None:
            self._compute.give_up("measuring gains")
            self._cpu = NumpyHeads()
        self._used[self._cpu.computed_on] = None
        return self._cpu

    def _if_it_fits(self, work: Callable[[], Floats]) -> Floats | None:
        """What `work` gives, in smaller and smaller chunks; None where even the smallest is too large."""
        while True:
            try:
                found = work()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            else:
                self._used[self._compute.name] = None
                return found
            # Only now: the error held the frames, and these the tensors.
            self._pool = self._judge = None
            free_device_memory()
            if self._chunk_bytes <= 1:
                return None
            self._chunk_bytes = self._chunk_bytes // 4 if self._chunk_bytes > 1 << 20 else 1

    def _losses(self, trial: Trial, members: Flags, ridge: float) -> Floats:
        pool, judge = self._on_device(trial)
        at_once = min(pool.bases_at_once(self._chunk_bytes), judge.heads_at_once(self._chunk_bytes))
        found = []
        for begun in range(0, len(members), at_once):
            weights, _ = pool.heads(members[begun : begun + at_once], ridge)
            found.append(judge.losses(weights))
        return _array(torch.cat(found))

    def _added(self, trial: Trial, ridge: float, share: float, keys: Floats) -> Floats:
        pool, judge = self._on_device(trial)
        groups = bases_of(trial.pool.video, trial.candidates, base_share=share, keys=keys)
        gains = np.zeros((len(trial.pool), len(trial.judge.clips)))
        step = judge.heads_at_once(self._chunk_bytes)
        at_once = min(pool.bases_at_once(self._chunk_bytes), step)
        for begun in range(0, len(groups), at_once):
            some = groups[begun : begun + at_once]
            weights, inverse = pool.heads(np.array([members for _, members in some]), ridge)
            clips = np.concatenate([clips for clips, _ in some])
            base = np.repeat(np.arange(len(some)), [len(clips) for clips, _ in some])
            before = judge.residuals(weights)
            for at in range(0, len(clips), step):
                own, theirs = self._sent(clips[at : at + step]), self._sent(base[at : at + step])
                change = pool.changes(own, weights[:, theirs], inverse[:, theirs])
                gains[clips[at : at + step]] = _array(judge.gains(before, theirs, change))
        return gains

    def _sent(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(values).to(self._compute.device)

    def _on_device(self, trial: Trial) -> tuple[_DevicePool, _DeviceJudge]:
        """The trial's arrays on the device; trials of one trunk come one after the other and share a pool."""
        if self._pool is None or self._pool[0] is not trial.pool:
            self._pool = self._judge = None
            self._pool = trial.pool, _DevicePool(trial.pool, self._compute.device)
        if self._judge is None or self._judge[0] is not trial.judge:
            self._judge = trial.judge, _DeviceJudge(trial.judge, self._compute.device)
        return self._pool[1], self._judge[1]


class _DevicePool:
    """A `Pool` on a device: `n` clips, `h` hands."""

    def __init__(self, pool: Pool, device: str) -> None:
        self._own, self._wanted = _sent(pool.scaled, device), _sent(pool.scaled_target, device)
        self._gram = self._own.mT @ self._own
        self._cross = self._own.mT @ self._wanted

    def bases_at_once(self, chunk_bytes: int) -> int:
        """How many heads are solved together."""
        hands, _, width, _ = self._gram.shape
        return max(1, chunk_bytes // (8 * _COPIES * hands * width * width))

    def heads(self, members: Flags, ridge: float) -> tuple[Tensor, Tensor]:
        """`(weights (h, g, d, o), inverse (h, g, d, d))` of the head of each base, `members` `(g, n)`."""
        chosen = _sent(members.astype(np.float64), self._gram.device)
        gram, cross = (torch.einsum("gn,hnde->hgde", chosen, sums) for sums in (self._gram, self._cross))
        eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        inverse = torch.linalg.inv(gram + ridge * eye)
        return inverse @ cross, inverse

    def changes(self, clips: Tensor, weights: Tensor, inverse: Tensor) -> Tensor:
        """`(h, c, d, o)`: what adding each of `clips` `(c,)` changes in the weights `(h, c, d, o)` of its own base."""
        own, wanted = self._own[:, clips], self._wanted[:, clips]
        spread = inverse @ own.mT
        inner = torch.eye(own.shape[2], dtype=own.dtype, device=own.device) + own @ spread
        change: Tensor = spread @ torch.linalg.solve(inner, wanted - own @ weights)
        return change


class _DeviceJudge:
    """A `Judge` on a device."""

    def __init__(self, judge: Judge, device: str) -> None:
        videos = np.eye(len(judge.clips))
        self._hands = [
            (_sent(features, device), _sent(target, device), _sent(weight[:, None] * videos[video], device))
            for features, target, weight, video in judge.hands
        ]
        """Features, targets, and the weight of each row in the sum of each video `(r, n_videos)`."""

    def heads_at_once(self, chunk_bytes: int) -> int:
        """How many heads are measured together."""
        most = max(target.numel() for _, target, _ in self._hands)
        return max(1, chunk_bytes // max(1, 8 * _COPIES * most))

    def residuals(self, weights: Tensor) -> list[Tensor]:
        """For each hand, `(g, r, o)`: what heads with weights `(h, g, d, o)` miss by."""
        return [features @ own - target for own, (features, target, _) in zip(weights, self._hands, strict=True)]

    def losses(self, weights: Tensor) -> Tensor:
        """`(g, n_videos)`."""
        total = torch.zeros((), dtype=weights.dtype, device=weights.device)
        for missed, (_, _, videos) in zip(self.residuals(weights), self._hands, strict=True):
            total = total + _huber(missed) @ videos
        return total

    def gains(self, before: list[Tensor], base: Tensor, change: Tensor) -> Tensor:
        """`(c, n_videos)`: how much the losses fall by each change `(h, c, d, o)` of the weights of its own `base`
        `(c,)`, which miss by `before` `(g, r, o)`, hand by hand."""
        total = torch.zeros((), dtype=change.dtype, device=change.device)
        for own, missed, (features, _, videos) in zip(change, before, self._hands, strict=True):
            fall = _huber(missed)[base] - _huber((features @ own).add_(missed[base]))
            fall[~own.flatten(1).any(dim=1)] = 0  # exactly nothing, whatever the order of sums
            total = total + fall @ videos
        return total


def _huber(residual: Tensor) -> Tensor:
    """`(…, r)`: the Huber losses of `(…, r, o)`, summed over the last axis."""
    clipped = residual.clamp(-HUBER_DELTA, HUBER_DELTA)
    return (clipped * (residual - 0.5 * clipped)).sum(-1)


def _sent(values: Floats, device: str | torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float64)).to(device)


def _array(values: Tensor) -> Floats:
    found: Floats = values.cpu().numpy()
    return found
