"""Windows as whole milliseconds, so that sums and comparisons are exact."""

from __future__ import annotations

import itertools
import math

__all__ = ["equal_parts", "floor_ms", "to_ms", "to_s", "video_bounds_ms"]

_SLACK_MS = 1e-3
"""Floating-point noise in a length of hours, well below anything that a video's clock resolves."""


def to_ms(value_s: float) -> int:
    """The nearest whole millisecond, halves upwards."""
    return math.floor(value_s * 1000 + 0.5 + _SLACK_MS)


def floor_ms(value_s: float) -> int:
    """The last whole millisecond at or before a time: a frame that starts there is on the same side of both."""
    return math.floor(value_s * 1000 + _SLACK_MS)


def to_s(value_ms: int) -> float:
    return value_ms / 1000


def video_bounds_ms(start_s: float, duration_s: float) -> tuple[int, int]:
    """First and last millisecond of a video, the end rounded down so that no window leaves it.

    An unknown length (NaN, infinite, negative) counts as 0.
    """
    first_ms = to_ms(start_s)
    if not math.isfinite(duration_s) or duration_s <= 0:
        return first_ms, first_ms
    return first_ms, max(first_ms, math.floor((start_s + duration_s) * 1000 + _SLACK_MS))


def equal_parts(
    start_ms: int, end_ms: int, min_ms: int, max_ms: int, *, most: int | None = None
) -> list[tuple[int, int]]:
    """Split a window into as few parts of at most `max_ms` as possible, equal to the millisecond.

    The window has `min_ms` or more. At most `most` + 1 parts are returned, so that a caller sees when there are more.

    Where equal parts would be shorter than `min_ms`, the parts have `max_ms` each, from the start, as many as fit: the
    remainder is then too short to be a clip.
    """
    length_ms = end_ms - start_ms
    count = math.ceil(length_ms / max_ms)
    made = count if most is None else min(count, most + 1)
    if length_ms // count >= min_ms:
        edges = [start_ms + length_ms * i // count for i in range(made + 1)]
    else:
        edges = [start_ms + max_ms * i for i in range(min(count, made + 1))]
    return list(itertools.pairwise(edges))
