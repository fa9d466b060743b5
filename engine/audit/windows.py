"""Which windows of a video are there twice, or share most of their time: for annotation rows and clips alike.

Both take time in proportion to the windows, however many of them lie over one another.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["overlaps", "repeats"]

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


def overlaps(
    keys: Sequence[str], starts_s: Sequence[float], ends_s: Sequence[float], most_share: float
) -> dict[int, tuple[int, float]]:
    """Place of a window → an earlier one of the same key with which it shares more than `most_share` of the shorter of
    both, and how much of that.

    Of all windows that begin no later, two can do so: the one that ends last, and the one whose own share reaches
    furthest, `(1 - share) end + share start`; so those two are all that is remembered.
    """
    order = sorted(range(len(keys)), key=lambda place: (keys[place], starts_s[place], -ends_s[place]))
    found: dict[int, tuple[int, float]] = {}
    key: str | None = None
    last = furthest = -1
    for place in order:
        if keys[place] != key:
            key, last, furthest = keys[place], place, place
            continue
        shares = {other: _shared(starts_s, ends_s, other, place) for other in (last, furthest)}
        other = max(shares, key=lambda candidate: shares[candidate])
        if shares[other] > most_share:
            found[place] = (other, shares[other])

        def reach(candidate: int) -> float:
            return (1 - most_share) * ends_s[candidate] + most_share * starts_s[candidate]

        last = max(last, place, key=lambda candidate: ends_s[candidate])
        furthest = max(furthest, place, key=reach)
    return found


def _shared(starts_s: Sequence[float], ends_s: Sequence[float], one: int, other: int) -> float:
    """How much of the shorter of two windows lies in both."""
    both_s = min(ends_s[one], ends_s[other]) - max(starts_s[one], starts_s[other])
    shorter_s = min(ends_s[one] - starts_s[one], ends_s[other] - starts_s[other])
    return both_s / shorter_s if both_s > 0 and shorter_s > 0 else 0.0
