"""ΔM in closed form: how much the loss falls when one clip is added to a random base, exactly, without training anew.

The trunk is frozen and its action head is a ridge regression, so a training set enters only through sums of
sufficient statistics (Σφφᵀ, Σφaᵀ), and adding a clip of k frames is a rank-k change of the inverse (M. Woodbury:
Inverting modified matrices, 1950). Nothing is approximated: the tests retrain by brute force and find the same numbers.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.arrays import Flags, Floats, Rows

    Bools = Flags

__all__ = [
    "HUBER_DELTA",
    "Head",
    "Pool",
    "add_one_in",
    "base_keys",
    "base_members",
    "base_size",
    "fit_head",
    "huber",
    "loss_of",
    "set_losses",
]

HUBER_DELTA = 0.5


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Clips as the head sees them: `n` clips of `k` frames, `d` trunk features, `h` hands, `o` numbers a hand."""

    clip_ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    features: Floats
    """`(n, k, d)`: what the frozen trunk makes of the pixels; a constant among them serves as intercept."""
    target: Floats
    """`(n, k, h, o)`, standardised."""
    valid: Bools
    """`(n, k, h)`: whether the hand's target counts."""

    def __post_init__(self) -> None:
        n, k = self.features.shape[:2]
        if len(self.clip_ids) != n or len(self.video_ids) != n:
            raise ValueError(f"{n} clips, but {len(self.clip_ids)} ids and {len(self.video_ids)} videos")
        if self.target.shape[:3] != self.valid.shape or self.valid.shape[:2] != (n, k):
            raise ValueError(f"features {self.features.shape}, target {self.target.shape}, valid {self.valid.shape}")

    def __len__(self) -> int:
        return len(self.clip_ids)

    @property
    def hands(self) -> int:
        """How many hands have a head of their own."""
        return int(self.valid.shape[2])

    def rows(self, hand: int) -> tuple[Floats, Floats]:
        """Features `(m, d)` and targets `(m, o)` of a hand's valid frames."""
        kept = self.valid[:, :, hand]
        return self.features[kept], self.target[:, :, hand][kept]

    @cached_property
    def masked(self) -> Floats:
        """`(h, n, k, d)`: features with the rows that do not count set to zero, where they change nothing."""
        return np.stack([self.features * self.valid[:, :, hand, None] for hand in range(self.hands)])

    @cached_property
    def masked_target(self) -> Floats:
        """`(h, n, k, o)`, likewise."""
        return np.moveaxis(self.target * self.valid[..., None], 2, 0)

    @cached_property
    def gram(self) -> Floats:
        """`(h, n, d, d)`: Σφφᵀ of each clip."""
        return np.asarray(np.swapaxes(self.masked, 2, 3) @ self.masked)

    @cached_property
    def cross(self) -> Floats:
        """`(h, n, d, o)`: Σφaᵀ of each clip."""
        return np.asarray(np.swapaxes(self.masked, 2, 3) @ self.masked_target)

    def take(self, index: Sequence[int] | Rows) -> Pool:
        """These clips, in this order."""
        rows = np.asarray(index, np.intp)
        return Pool(
            clip_ids=tuple(self.clip_ids[i] for i in rows),
            video_ids=tuple(self.video_ids[i] for i in rows),
            features=self.features[rows],
            target=self.target[rows],
            valid=self.valid[rows],
        )


@dataclass(frozen=True)
class Head:
    """A ridge regression for each hand: `weights` `(h, d, o)`, `inverse` `(h, d, d)` of Σφφᵀ + λ1."""

    weights: Floats
    inverse: Floats


def huber(residual: Floats, delta: float = HUBER_DELTA) -> Floats:
    """The Huber loss of each number: quadratic up to `delta`, linear beyond (P. Huber, 1964)."""
    size = np.abs(residual)
    inner = np.minimum(size, delta)
    return np.asarray(inner * (size - 0.5 * inner))


def _huber_sums(residual: Floats) -> Floats:
    """`(m,)`: the sums of `huber` over all but the first axis, in three passes and no temporaries but one: r clipped to
    ±δ is c, and the loss is c·r − c²/2."""
    clipped = np.clip(residual, -HUBER_DELTA, HUBER_DELTA)
    return np.asarray(np.einsum("mro,mro->m", clipped, residual) - 0.5 * np.einsum("mro,mro->m", clipped, clipped))


def fit_head(pool: Pool, members: Bools, ridge: float) -> Head:
    """The head of the clips `members` `(n,) bool`: one solution a hand, and the inverse that updates need."""
    gram = np.tensordot(pool.gram, members.astype(np.float64), axes=(1, 0))
    cross = np.tensordot(pool.cross, members.astype(np.float64), axes=(1, 0))
    inverse = np.linalg.inv(gram + ridge * np.eye(gram.shape[-1]))
    return Head(np.asarray(inverse @ cross, np.float64), np.asarray(inverse, np.float64))


def loss_of(weights: Floats, validation: Pool) -> float:
    """Mean Huber loss of a head's weights `(h, d, o)` over all valid frames, hands and numbers of a pool."""
    total, count = 0.0, 0
    for hand in range(validation.hands):
        features, target = validation.rows(hand)
        total += float(huber(features @ weights[hand] - target).sum())
        count += target.size
    return total / count if count else float("nan")


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


def base_members(keys: Floats, allowed: Bools, size: int) -> Bools:
    """`(n,) bool`: the `size` allowed clips with the smallest `keys` `(n,)`."""
    members = np.zeros(len(keys), bool)
    candidates = np.flatnonzero(allowed)
    members[candidates[np.argsort(keys[candidates], kind="stable")[:size]]] = True
    return members


def add_one_in(
    pool: Pool,
    validation: Pool,
    *,
    base_share: float,
    ridge: float,
    keys: Floats,
    on_progress: Callable[[float], None] | None = None,
) -> Floats:
    """`(n_bases, n)`: loss(B) − loss(B ∪ {clip}) for every clip and every base; positive where the clip helps.

    The bases of a clip hold `base_share` of the pool's clips and none from the clip's own source: what its neighbours
    have taught already would hide what it teaches.
    """
    n_bases, n = keys.shape
    videos = np.array(pool.video_ids)
    size = base_size(n, base_share)
    rows = [validation.rows(hand) for hand in range(validation.hands)]
    gains = np.zeros((n_bases, n))
    for base in range(n_bases):
        members = base_members(keys[base], np.ones(n, bool), size)
        # For a source that has no clip in it the base is the same: one head serves all of those.
        touched = np.isin(videos, videos[members])
        gains[base, ~touched] = _gains(pool, np.flatnonzero(~touched), fit_head(pool, members, ridge), rows)
        for source in dict.fromkeys(videos[touched]):
            own = videos == source
            head = fit_head(pool, base_members(keys[base], ~own, size), ridge)
            gains[base, own] = _gains(pool, np.flatnonzero(own), head, rows)
        if on_progress is not None:
            on_progress((base + 1) / n_bases)
    return gains


def base_size(n_clips: int, share: float) -> int:
    """How many clips a base has."""
    return max(1, round(share * n_clips))


def _gains(pool: Pool, clips: Rows, head: Head, rows: Sequence[tuple[Floats, Floats]]) -> Floats:
    """`(len(clips),)`: the gain of each of `clips` over one head."""
    total, count = np.zeros(len(clips)), 0
    for hand, (features, target) in enumerate(rows):
        own, wanted = pool.masked[hand, clips], pool.masked_target[hand, clips]
        k = own.shape[1]
        spread = head.inverse[hand] @ np.swapaxes(own, 1, 2)
        missed = wanted - own @ head.weights[hand]
        inner = np.eye(k) + own @ spread
        change = spread @ np.linalg.solve(inner, missed)
        residual = features @ head.weights[hand] - target
        after = features @ change
        after += residual
        # Exactly nothing where nothing was added, whatever the order of sums.
        total += np.where(change.any(axis=(1, 2)), huber(residual).sum() - _huber_sums(after), 0.0)
        count += target.size
    return total / max(1, count)


def set_losses(pool: Pool, validation: Pool, sets: Bools, ridge: float) -> Floats:
    """`(m,)`: the loss after training on each of `m` sets of clips, `sets` `(m, n) bool`."""
    return np.array([loss_of(fit_head(pool, members, ridge).weights, validation) for members in sets])
