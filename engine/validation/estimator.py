"""ΔM in closed form: how much the loss falls when one clip is added to a random base, exactly, without training anew.

The trunk is frozen and its action head is a ridge regression, so a training set enters only through sums of
sufficient statistics (Σφφᵀ, Σφaᵀ), and adding a clip of k rows is a rank-k change of the inverse (M. Woodbury:
Inverting modified matrices, 1950). Nothing is approximated: the tests retrain by brute force and find the same numbers.

Every clip weighs the same: its rows that count share a weight of 1, in training and in the loss. Clips differ in rows
that count from none to all, and ΔM must not be their number.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Flags, Floats, Rows

__all__ = [
    "HUBER_DELTA",
    "Head",
    "Judge",
    "Pool",
    "add_one_in",
    "base_keys",
    "base_members",
    "base_size",
    "bases_of",
    "clip_weights",
    "fit_head",
    "huber",
]

HUBER_DELTA = 0.5


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Clips as a head sees them: `n` clips of `k` rows, `h` hands, `d` features, `o` numbers a hand."""

    video: Rows
    """`(n,)`: the number of each clip's source video."""
    features: Floats
    """`(n, k, h, d)`: what a hand's head sees; a constant among them serves as intercept."""
    target: Floats
    """`(n, k, h, o)`, standardised."""
    weight: Floats
    """`(n, k, h)`: see `clip_weights`; 0 for what does not count."""

    def __post_init__(self) -> None:
        n, k, h = self.weight.shape
        if self.features.shape[:3] != (n, k, h) or self.target.shape[:3] != (n, k, h) or len(self.video) != n:
            raise ValueError(
                f"features {self.features.shape}, target {self.target.shape}, weight {self.weight.shape}, "
                f"{len(self.video)} videos: they must agree"
            )

    def __len__(self) -> int:
        return len(self.video)

    @property
    def hands(self) -> int:
        """How many hands have a head of their own."""
        return int(self.weight.shape[2])

    @cached_property
    def scaled(self) -> Floats:
        """`(h, n, k, d)`: features times the root of their weight; rows that do not count are 0 and change nothing."""
        return np.moveaxis(self.features * np.sqrt(self.weight)[..., None], 2, 0)

    @cached_property
    def scaled_target(self) -> Floats:
        """`(h, n, k, o)`, likewise."""
        return np.moveaxis(self.target * np.sqrt(self.weight)[..., None], 2, 0)

    @cached_property
    def gram(self) -> Floats:
        """`(h, n, d, d)`: the weighted Σφφᵀ of each clip."""
        return np.asarray(np.swapaxes(self.scaled, 2, 3) @ self.scaled)

    @cached_property
    def cross(self) -> Floats:
        """`(h, n, d, o)`: the weighted Σφaᵀ of each clip."""
        return np.asarray(np.swapaxes(self.scaled, 2, 3) @ self.scaled_target)

    def columns(self, kept: Rows) -> Pool:
        """The same clips with these features only."""
        return Pool(video=self.video, features=self.features[..., kept], target=self.target, weight=self.weight)


def clip_weights(counts: Flags) -> Floats:
    """`(n, k, h)`: 1 over the number of a clip's rows and hands that count, for each of those; else 0."""
    total = counts.sum(axis=(1, 2), keepdims=True)
    return np.asarray(counts / np.maximum(total, 1), np.float64)


@dataclass(frozen=True)
class Head:
    """A ridge regression for each hand: `weights` `(h, d, o)`, `inverse` `(h, d, d)` of Σφφᵀ + λ1."""

    weights: Floats
    inverse: Floats


class Judge:
    """Measures the loss on some clips of a pool, video by video."""

    def __init__(self, pool: Pool, clips: Flags, weight: Floats, n_videos: int) -> None:
        """`clips` `(n,)` are measured on; `weight` `(n, k, h)` says which of their rows count (see `clip_weights`)."""
        order = np.flatnonzero(clips)
        order = order[np.argsort(pool.video[order], kind="stable")]
        counted = weight[order].sum(axis=(1, 2)) > 0
        order = order[counted]
        self.clips = np.bincount(pool.video[order], minlength=n_videos).astype(np.float64)
        """`(n_videos,)`: how many clips of each video count."""
        self._n_videos = n_videos
        self.hands = tuple(self._of_hand(pool, order, weight[order, :, hand], hand) for hand in range(pool.hands))
        """For each hand its rows, ordered by video: features `(r, d)`, targets `(r, o)`, weights and videos `(r,)`."""

    @staticmethod
    def _of_hand(pool: Pool, order: Rows, weight: Floats, hand: int) -> tuple[Floats, Floats, Floats, Rows]:
        kept = weight > 0
        features, target = pool.features[order][:, :, hand][kept], pool.target[order][:, :, hand][kept]
        video = np.broadcast_to(pool.video[order][:, None], kept.shape)[kept]
        return features, target, weight[kept] / max(1, target.shape[-1]), video

    def losses(self, weights: Floats) -> Floats:
        """`(n_videos,)`: the loss of a head's weights `(h, d, o)`, summed over the clips of each video; a clip's loss
        is the weighted mean of Huber's over its rows, hands and numbers."""
        total = np.zeros(self._n_videos)
        for hand, (features, target, weight, video) in enumerate(self.hands):
            total += self._by_video(huber(features @ weights[hand] - target).sum(axis=-1) * weight, video)
        return total

    def gains(self, head: Head, change: Floats) -> Floats:
        """`(m, n_videos)`: how much the losses fall when `change` `(m, h, d, o)` is added to a head's weights."""
        total = np.zeros((len(change), self._n_videos))
        for hand, (features, target, weight, video) in enumerate(self.hands):
            if not len(video):
                continue
            before = features @ head.weights[hand] - target
            after = features @ change[:, hand]
            after += before
            fall = (huber(before).sum(axis=-1) - _huber_sums(after)) * weight
            fall[~change[:, hand].any(axis=(1, 2))] = 0  # exactly nothing, whatever the order of sums
            starts = np.flatnonzero(np.diff(video, prepend=-1))
            total[:, video[starts]] += np.add.reduceat(fall, starts, axis=1)
        return total

    def _by_video(self, values: Floats, video: Rows) -> Floats:
        return np.asarray(np.bincount(video, weights=values, minlength=self._n_videos), np.float64)


def huber(residual: Floats, delta: float = HUBER_DELTA) -> Floats:
    """The Huber loss of each number: quadratic up to `delta`, linear beyond (P. Huber, 1964)."""
    size = np.abs(residual)
    inner = np.minimum(size, delta)
    return np.asarray(inner * (size - 0.5 * inner))


def _huber_sums(residual: Floats) -> Floats:
    """`(m, r)`: the sums of `huber` over the last axis of `(m, r, o)`, in three passes and no temporaries but one: r
    clipped to ±δ is c, and the loss is c·r − c²/2."""
    clipped = np.clip(residual, -HUBER_DELTA, HUBER_DELTA)
    return np.asarray(np.einsum("mro,mro->mr", clipped, residual) - 0.5 * np.einsum("mro,mro->mr", clipped, clipped))


def fit_head(pool: Pool, members: Flags, ridge: float) -> Head:
    """The head of the clips `members` `(n,) bool`: one solution a hand, and the inverse that updates need."""
    chosen = np.flatnonzero(members)
    gram, cross = pool.gram[:, chosen].sum(axis=1), pool.cross[:, chosen].sum(axis=1)
    inverse = np.linalg.inv(gram + ridge * np.eye(gram.shape[-1]))
    return Head(np.asarray(inverse @ cross, np.float64), np.asarray(inverse, np.float64))


def base_keys(clip_ids: Sequence[str], n_bases: int, seed: int) -> Floats:
    """`(n_bases, n)` random numbers in [0, 1), drawn for each clip from its own name.

    A base takes the clips with the smallest numbers, so adding or removing one clip leaves all the others where they
    were: nothing is re-indexed.
    """
    keys = [
        np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode()), len(name)])).random(n_bases)
        for name in clip_ids
    ]
    return np.array(keys, np.float64).reshape(len(clip_ids), n_bases).T


def base_members(keys: Floats, allowed: Flags, size: int) -> Flags:
    """`(n,) bool`: the `size` allowed clips with the smallest `keys` `(n,)`."""
    members = np.zeros(len(keys), bool)
    candidates = np.flatnonzero(allowed)
    members[candidates[np.argsort(keys[candidates], kind="stable")[:size]]] = True
    return members


def base_size(n_clips: int, share: float) -> int:
    """How many clips a base has."""
    return max(1, round(share * n_clips))


def add_one_in(pool: Pool, candidates: Flags, judge: Judge, *, base_share: float, ridge: float, keys: Floats) -> Floats:
    """`(n, n_videos)`: loss(B) − loss(B ∪ {clip}), summed over the clips of each video that measures.

    Positive where the clip helps; 0 for what is no candidate.

    The base B holds `base_share` of the `candidates` `(n,) bool`, those with the smallest `keys` `(n,)`, and none from
    the clip's own source: what its neighbours have taught already would hide what it teaches.
    """
    gains = np.zeros((len(pool), len(judge.clips)))
    for clips, members in bases_of(pool.video, candidates, base_share=base_share, keys=keys):
        gains[clips] = _gains(pool, clips, fit_head(pool, members, ridge), judge)
    return gains


def bases_of(video: Rows, candidates: Flags, *, base_share: float, keys: Floats) -> list[tuple[Rows, Flags]]:
    """`(candidates, the base that they are added to (n,) bool)`: the bases of `add_one_in`, and whose each is."""
    size = base_size(int(candidates.sum()), base_share)
    members = base_members(keys, candidates, size)
    # For a source that has no clip in it the base is the same: one head serves all of those.
    touched = candidates & np.isin(video, video[members])
    found = [(np.flatnonzero(candidates & ~touched), members)]
    for name in np.unique(video[touched]):
        own = video == name
        found.append((np.flatnonzero(candidates & own), base_members(keys, candidates & ~own, size)))
    return found


def _gains(pool: Pool, clips: Rows, head: Head, judge: Judge) -> Floats:
    """`(len(clips), n_videos)`: the gain of each of `clips` over one head."""
    change = np.zeros((len(clips), *head.weights.shape))
    for hand in range(pool.hands):
        own, wanted = pool.scaled[hand, clips], pool.scaled_target[hand, clips]
        spread = head.inverse[hand] @ np.swapaxes(own, 1, 2)
        missed = wanted - own @ head.weights[hand]
        inner = np.eye(own.shape[1]) + own @ spread
        change[:, hand] = spread @ np.linalg.solve(inner, missed)
    return judge.gains(head, change)
