"""Which windows of a video are there twice, or share most of their time: for annotation rows and clips alike.

Both take time in proportion to the windows, however many of them lie over one another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from engine.arrays import Floats, Rows

__all__ = ["Overlaps", "overlaps", "repeats"]

_LEAST_TOLERANCE_S = 0.001


def repeats(
    keys: Sequence[Hashable], starts_s: Sequence[float], ends_s: Sequence[float], tolerance_s: float
) -> dict[int, int]:
    """Place of a window → the place of an earlier one of the same key whose start and end are within `tolerance_s`."""
    cell_s = max(tolerance_s, _LEAST_TOLERANCE_S)
    first: dict[tuple[Hashable, int, int], int] = {}
    found: dict[int, int] = {}
    for place, (key, start_s, end_s) in enumerate(zip(keys, starts_s, ends_s, strict=True)):
        cell = (math.floor(start_s / cell_s), math.floor(end_s / cell_s))
        around = (first.get((key, cell[0] + a, cell[1] + b)) for a, b in product((0, -1, 1), repeat=2))
        same = next(
            (
                other
                for other in around
                if other is not None
                and abs(starts_s[other] - start_s) <= tolerance_s
                and abs(ends_s[other] - end_s) <= tolerance_s
            ),
            None,
        )
        if same is None:
            first.setdefault((key, *cell), place)
        else:
            found[place] = same
    return found


@dataclass(frozen=True)
class Overlaps:
    """Windows that share much of their time with an earlier one, all `(n_found,)`, by key and start."""

    place: Rows
    other: Rows
    """The earlier window."""
    share: Floats
    """How much of the shorter of both lies in both."""


def overlaps(keys: Rows, starts_s: Floats, ends_s: Floats, most_share: float) -> Overlaps:
    """The windows that share more than `most_share` of the shorter of both with an earlier one of the same key.

    All arguments are `(n,)`; keys are numbers from 0. Of all windows that begin no later, two can do so: the one that
    ends last, and the one whose own share reaches furthest, `(1 - share) end + share start`; so each window is held
    against those two alone.
    """
    order = np.lexsort((-ends_s, starts_s, keys))
    key, start_s, end_s = keys[order], starts_s[order], ends_s[order]
    reach_s = (1 - most_share) * end_s + most_share * start_s
    rivals = [_largest_before(key, values) for values in (end_s, reach_s)]
    shares = [_shared(start_s, end_s, rival) for rival in rivals]
    other = np.where(shares[1] > shares[0], rivals[1], rivals[0])
    share = np.maximum(*shares)
    found = np.flatnonzero(share > most_share)
    return Overlaps(order[found], order[other[found]], share[found])


def _largest_before(key: Rows, values: Floats) -> Rows:
    """`(n,)`: where, of those before each in its key's run, the first of the largest values stands; -1 for none."""
    if not len(key):
        return np.empty(0, np.intp)
    rank = np.unique(values, return_inverse=True)[1]
    size = key.astype(np.int64) * (len(key) + 1) + rank  # grows from run to run: one running maximum serves all
    largest = np.maximum.accumulate(size)
    is_larger = np.concatenate(([True], size[1:] > largest[:-1]))
    where = np.maximum.accumulate(np.where(is_larger, np.arange(len(key)), 0))
    is_first = np.concatenate(([True], key[1:] != key[:-1]))
    return np.where(is_first, -1, np.concatenate(([-1], where[:-1])))


def _shared(starts_s: Floats, ends_s: Floats, other: Rows) -> Floats:
    """How much of the shorter of each window and its other lies in both; 0 where there is none."""
    both_s = np.minimum(ends_s, ends_s[other]) - np.maximum(starts_s, starts_s[other])
    shorter_s = np.minimum(ends_s - starts_s, ends_s[other] - starts_s[other])
    is_real = (other >= 0) & (both_s > 0) & (shorter_s > 0)
    shares: Floats = np.divide(both_s, shorter_s, out=np.zeros(len(other)), where=is_real)
    return shares
