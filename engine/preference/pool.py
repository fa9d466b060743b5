"""The pool of clips that labelling concentrates on, so that each gets enough labels."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.preference.settings import PairSettings

__all__ = ["active_clips", "first_of_pool", "pool_size"]

_SMALLEST: Final = 10


def pool_size(answered: int, settings: PairSettings) -> int:
    """Size of the pool after `answered` labels.

    A label shows two clips, so `expected_labels` labels are enough for 2·expected / `labels_per_clip` clips; whenever
    they are complete, as many clips are added.
    """
    rounds = answered // settings.expected_labels + 1
    return max(_SMALLEST, math.ceil(2 * rounds * settings.expected_labels / settings.labels_per_clip))


def active_clips(clip_ids: Iterable[str], answered: int, settings: PairSettings) -> list[str]:
    """A pseudo-random subset of `clip_ids`, `pool_size` large: always the same, and growing pools are nested.

    The order is that of a hash of the ids: effectively random, so that pairs drawn from it represent all clips, and
    stable when clips are added.
    """
    return list(_pool_order(tuple(clip_ids))[: pool_size(answered, settings)])


def first_of_pool(batches: Iterable[Sequence[str]], count: int) -> list[str]:
    """The first `count` clips of `active_clips`, in its order, of clips that come in batches.

    No more are held at a time than a batch has and are asked for.
    """
    keys, names = np.empty(0, ">u8"), np.empty(0, object)
    for batch in batches:
        digests = b"".join(map(_sort_key, batch))
        keys = np.concatenate([keys, np.frombuffer(digests, ">u8")])
        names = np.concatenate([names, np.array(batch, dtype=object)])
        if len(keys) > count:
            kept = np.argpartition(keys, count - 1)[:count]
            keys, names = keys[kept], names[kept]
    found: list[str] = names[np.argsort(keys, kind="stable")].tolist()
    return found


@lru_cache(maxsize=4)
def _pool_order(clip_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Clips in the order of the pool.

    Cached, because it is needed often, and hashing the names takes longer than choosing a pair.
    """
    return tuple(sorted(clip_ids, key=_sort_key))


def _sort_key(clip_id: str) -> bytes:
    """Sort key of a clip in the order."""
    return hashlib.blake2b(clip_id.encode(), digest_size=8, person=b"label-pool").digest()
