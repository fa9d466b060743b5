"""Finds the clips of one video that show the same moment: windows that overlap by a share of what they cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Moments", "window_overlap"]

MOST_PAIRS = 4_000_000
"""Pairs of windows looked at together."""
SLACK_S = 1e-3
"""What rounding may shift a time by, with plenty to spare: the windows themselves are compared afterwards."""

Pairs = tuple["NDArray[np.intp]", "NDArray[np.intp]"]


def window_overlap(
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    other_start_s: NDArray[np.float64],
    other_end_s: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Intersection over union (Jaccard index) of windows and other windows, pair by pair."""
    common = np.minimum(end_s, other_end_s) - np.maximum(start_s, other_start_s)
    covered = np.maximum(end_s, other_end_s) - np.minimum(start_s, other_start_s)
    return np.asarray(np.maximum(common, 0) / np.maximum(covered, 1e-9))


class Moments:
    """All clips' windows, sorted by video and start, so that a clip is compared with its neighbours only.

    A window [a, a + l) overlaps one that starts at b by at least the share m only if
    a - (1 - m) l / m ≤ b ≤ a + (1 - m) l.
    """

    def __init__(
        self,
        videos: Sequence[str],
        start_s: NDArray[np.float64],
        end_s: NDArray[np.float64],
        min_overlap: float,
    ) -> None:
        self._min_overlap = min_overlap
        self._start_s, self._end_s = start_s, end_s
        self._video = np.unique(np.asarray(videos, dtype=object).astype(str), return_inverse=True)[1].reshape(-1)
        self._sorted = np.lexsort((start_s, self._video))
        self._span_s = float(end_s.max() - start_s.min()) + 1.0 if len(start_s) else 1.0
        self._low_s = float(start_s.min()) if len(start_s) else 0.0
        self._stride_s = 4 * self._span_s
        self._keys = self._key(self._video[self._sorted], start_s[self._sorted])

    def _key(self, video: NDArray[np.intp], start_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Grows with the video, then with the start; those of two videos are farther apart than windows reach."""
        return np.asarray(video * self._stride_s + (start_s - self._low_s))

    def pairs(self, rows: NDArray[np.intp]) -> Iterator[Pairs]:
        """`(clip, other)`: for clips of `rows`, the other clips that show the same moment, in pieces."""
        start_s, length_s = self._start_s[rows], self._end_s[rows] - self._start_s[rows]
        apart = (1 - self._min_overlap) * length_s
        before_s = np.minimum(apart / max(self._min_overlap, 1e-9), self._span_s) + SLACK_S
        video = self._video[rows]
        low = np.searchsorted(self._keys, self._key(video, start_s - before_s))
        after_s = apart + SLACK_S if self._min_overlap > 0 else np.full(len(rows), self._span_s)
        high = np.searchsorted(self._keys, self._key(video, start_s + after_s))
        many = np.maximum(high - low, 0)
        ends = np.cumsum(many)
        first = 0
        while first < len(rows):
            before = ends[first] - many[first]
            last = max(first + 1, int(np.searchsorted(ends, before + MOST_PAIRS, side="right")))
            yield self._near(rows[first:last], low[first:last], many[first:last])
            first = last

    def _near(self, rows: NDArray[np.intp], low: NDArray[np.intp], many: NDArray[np.intp]) -> Pairs:
        clip = np.repeat(rows, many)
        offset = np.arange(len(clip)) - np.repeat(np.cumsum(many) - many, many)
        other = self._sorted[np.repeat(low, many) + offset]
        overlap = window_overlap(self._start_s[clip], self._end_s[clip], self._start_s[other], self._end_s[other])
        near = (overlap >= self._min_overlap) & (clip != other) & (self._video[clip] == self._video[other])
        return clip[near], other[near]
