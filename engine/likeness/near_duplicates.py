"""Groups near-duplicate clips: similar embeddings, or overlapping windows of one video.

Leader clustering (Hartigan, "Clustering Algorithms", 1975): clips are taken in an order, the best first; each that is
in no group yet leads a new one, and every clip near enough to it joins. So every clip of a group is near its leader,
and groups do not grow along chains, as they would by single linkage where a video is cut into overlapping windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["Groups", "near_duplicates", "time_overlap"]

BLOCK = 512


@dataclass(frozen=True)
class Groups:
    """Group of every clip, and its similarity to the group's leader.

    `group` is `(n,) int`: the row of each clip's leader, its own for a leader or a clip alone. `similarity` is
    `(n,) float32`; 1 for a leader and where the windows overlap.
    """

    group: NDArray[np.intp]
    similarity: NDArray[np.float32]

    def several(self) -> NDArray[np.bool_]:
        """`(n,)`: which clips are in a group of two or more."""
        found: NDArray[np.bool_] = np.bincount(self.group, minlength=len(self.group))[self.group] > 1
        return found


def time_overlap(start_s: NDArray[np.float64], end_s: NDArray[np.float64], row: int) -> NDArray[np.float64]:
    """`(n,)`: intersection over union (Jaccard index) of each window with that of `row`."""
    common = np.minimum(end_s, end_s[row]) - np.maximum(start_s, start_s[row])
    covered = np.maximum(end_s, end_s[row]) - np.minimum(start_s, start_s[row])
    return np.asarray(np.maximum(common, 0) / np.maximum(covered, 1e-9))


def near_duplicates(
    vectors: NDArray[np.float32],
    videos: Sequence[str],
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    order: NDArray[np.intp],
    *,
    min_similarity: float,
    min_overlap: float,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Groups:
    """Group clips by similarity.

    `vectors` is `(n, width)`; a row of NaN is similar to none. `order` is the rows, the best first. Two clips are near
    when the cosine of their vectors is at least `min_similarity`, or when they are of one video and their windows
    overlap by at least `min_overlap`. Memory grows with n, not with n².
    """
    n = len(vectors)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    unit = np.where(np.isfinite(unit), unit, 0).astype(np.float32)
    of_video: dict[str, list[int]] = {}
    for row, video in enumerate(videos):
        of_video.setdefault(video, []).append(row)
    rows_of = {video: np.array(rows) for video, rows in of_video.items()}
    group = np.full(n, -1, dtype=np.intp)
    similarity = np.ones(n, dtype=np.float32)
    for begin in range(0, n, BLOCK):
        leaders = order[begin : begin + BLOCK]
        leaders = leaders[group[leaders] < 0]
        free = np.flatnonzero(group < 0)
        alike = unit[leaders] @ unit[free].T
        for place, leader in enumerate(leaders):
            if group[leader] >= 0:
                continue
            group[leader] = leader
            near = (alike[place] >= min_similarity) & (group[free] < 0)
            group[free[near]] = leader
            similarity[free[near]] = alike[place][near]
            of_same_video = rows_of[videos[leader]]
            overlaps = time_overlap(
                start_s[of_same_video], end_s[of_same_video], int(np.flatnonzero(of_same_video == leader)[0])
            )
            same_moment = of_same_video[(overlaps >= min_overlap) & (group[of_same_video] < 0)]
            group[same_moment] = leader
            similarity[same_moment] = 1
        on_progress(min(1.0, (begin + BLOCK) / n))
    return Groups(group, similarity)
