"""The pool of clips that labelling concentrates on, so that each gets enough labels."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.preference.settings import PairSettings

__all__ = ["active_clips", "pool_size"]

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


@lru_cache(maxsize=4)
def _pool_order(clip_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Clips in the order of the pool.

    Cached, because it is needed often, and hashing 100,000 names takes longer than choosing a pair.
    """
    return tuple(sorted(clip_ids, key=_sort_key))


def _sort_key(clip_id: str) -> bytes:
    """Sort key of a clip in the order."""
    return hashlib.blake2b(clip_id.encode(), digest_size=8, person=b"label-pool").digest()
