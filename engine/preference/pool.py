"""Which clips labels are concentrated on, so that each is seen often enough to be trusted."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.preference.settings import PairSettings

__all__ = ["active_clips", "pool_size"]

SMALLEST: Final = 10


def pool_size(answered: int, settings: PairSettings) -> int:
    """How many clips are asked about once `answered` labels are there.

    A label shows two clips, so `expected_labels` labels at `labels_per_clip` each are enough for 2·expected / per clip;
    whenever they are all there, as many clips again join.
    """
    rounds = answered // settings.expected_labels + 1
    return max(SMALLEST, math.ceil(2 * rounds * settings.expected_labels / settings.labels_per_clip))


def active_clips(clip_ids: Iterable[str], answered: int, settings: PairSettings) -> list[str]:
    """A random part of `clip_ids` of the size above; the same whoever asks, and a larger pool holds the smaller one.

    The order is that of a hash of the ids: as good as random, so pairs drawn from it speak for all clips, and stable
    when clips are added.
    """
    return list(in_order(tuple(clip_ids))[: pool_size(answered, settings)])


@lru_cache(maxsize=4)
def in_order(clip_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Clips in the order of the pool. Kept, for it is asked for again with every few pairs, and to hash 100,000 names
    takes longer than to choose a pair."""
    return tuple(sorted(clip_ids, key=place))


def place(clip_id: str) -> bytes:
    """Where a clip stands in the order."""
    return hashlib.blake2b(clip_id.encode(), digest_size=8, person=b"label-pool").digest()
