"""Groups near-duplicate clips: similar embeddings, or overlapping windows of one video.

Leader clustering (Hartigan, "Clustering Algorithms", 1975): clips are taken in an order, the best first; each that is
near no leader leads a new group, and every other joins the first leader that it is near to. So every clip of a group is
near its leader, and groups do not grow along chains, as they would by single linkage where a video is cut into
overlapping windows.

Up to `EXACT_UP_TO` clips the answer is that of comparing every clip with every leader. Sketches (`sketch`) rule out
most pairs and cells (`cells`) most of the rest, and neither loses any; but vectors that lie in no clusters at all leave
a share of all pairs to look at, whatever the method (a curse of high dimensions). Of more clips each looks into at most
`MOST_CELLS` cells, so that work grows with n^1.5; then a sample is compared with all leaders, and `Groups` says what
came of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.likeness.cells import Cells, centres_of
from engine.likeness.comparison import Comparison, Pairs
from engine.likeness.moments import Moments
from engine.likeness.sketch import BLOCK, make_unit, sketches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["EXACT_UP_TO", "Groups", "near_duplicates"]

EXACT_UP_TO = 200_000
"""Up to so many clips nothing is left out."""
MOST_CELLS = 48
TILE = 512
"""Clips compared with one another at a time: where all are alike they make 131,000 pairs."""
CHECKED = 2_000
"""Clips that are compared with all leaders where the others were not."""


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Group of every clip, and its similarity to the group's leader.

    `group` is `(n,) int`: the row of each clip's leader, its own for a leader or a clip alone. `similarity` is
    `(n,) float32`; 1 for a leader and where the windows overlap.
    """

    group: NDArray[np.intp]
    similarity: NDArray[np.float32]
    checked: int = 0
    """Clips of those not compared with all leaders that were compared with all afterwards; 0 where all were at once."""
    missed: int = 0
    """How many of the checked clips are near an earlier leader than the one found, or than none."""

    def several(self) -> NDArray[np.bool_]:
        """`(n,)`: which clips are in a group of two or more."""
        found: NDArray[np.bool_] = np.bincount(self.group, minlength=len(self.group))[self.group] > 1
        return found


def near_duplicates(
    vectors: NDArray[np.float32],
    videos: Sequence[str],
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    order: NDArray[np.intp],
    *,
    min_similarity: float,
    min_overlap: float,
    exact_up_to: int = EXACT_UP_TO,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Groups:
    """Group clips by similarity.

    `vectors` is `(n, width)` and becomes unit vectors in place; a row of NaN is similar to none. `order` is the rows,
    the best first. Two clips are near when the cosine of their vectors is at least `min_similarity`, but for rounding,
    or when they are of one video and their windows overlap by at least `min_overlap`.
    """
    n = len(vectors)
    if n == 0:
        return Groups(group=np.empty(0, np.intp), similarity=np.empty(0, np.float32))
    search = _Search(vectors, order, Moments(videos, start_s, end_s, min_overlap), min_similarity, exact_up_to)
    on_progress(0.05)
    for begin in range(0, n, BLOCK):
        search.take(begin, min(n, begin + BLOCK))
        on_progress(0.05 + 0.9 * min(1.0, (begin + BLOCK) / n))
    checked, missed = search.check()
    on_progress(1.0)
    group = np.empty(n, np.intp)
    group[order] = order[search.leader]
    similarity = np.empty(n, np.float32)
    similarity[order] = search.similarity
    return Groups(group=group, similarity=similarity, checked=checked, missed=missed)


class _Search:
    """The clips by their place in the order; `leader` is the place of each one's leader."""

    def __init__(
        self,
        vectors: NDArray[np.float32],
        order: NDArray[np.intp],
        moments: Moments,
        min_similarity: float,
        exact_up_to: int,
    ) -> None:
        n = len(vectors)
        self._order, self._moments = order, moments
        self._place = np.empty(n, np.intp)
        self._place[order] = np.arange(n)
        self._measured = make_unit(vectors)[order]
        seen = sketches(vectors)[order]
        self._compare = Comparison(vectors, order, seen, min_similarity)
        count = max(1, int(2 * np.sqrt(n))) if n > BLOCK else 1
        near = float(np.sqrt(max(0.0, 2 - 2 * self._compare.least)))
        self._cells = Cells(centres_of(seen, count), near=near, most_cells=MOST_CELLS if n > exact_up_to else None)
        self.leader = np.arange(n)
        self.similarity = np.ones(n, np.float32)
        self._incomplete: list[NDArray[np.intp]] = []

    def take(self, begin: int, end: int) -> None:
        """Group the clips from place `begin` to `end`, all before them being grouped."""
        rows = np.arange(begin, end)
        measured = rows[self._measured[rows]]
        looked = self._cells.look(self._compare.sketches[measured])
        self._incomplete.append(measured[~looked.complete])
        near = [self._compare.near(measured[members], *self._cells.leaders(cell)) for cell, members in looked.by_cell()]
        moment = self._same_moment(rows)
        self._settle(Pairs.of([*near, moment.only(moment.earlier < begin)]))
        free = rows[self._leads(rows)]
        for first in range(0, len(free), TILE):
            self._settle_tile(free[:first], free[first : first + TILE], moment)
        leads = self._leads(measured)
        self._cells.add(looked.nearest[leads], measured[leads], self._compare.sketches[measured[leads]])

    def _settle_tile(self, before: NDArray[np.intp], tile: NDArray[np.intp], moment: Pairs) -> None:
        """Group a few clips that are near no leader of an earlier block; `before` are those of this block."""
        known = np.concatenate([before[self._leads(before)], tile])
        known = known[self._measured[known]]
        near = self._compare.near(tile[self._measured[tile]], known, self._compare.sketches[known])
        inside = (moment.later >= tile[0]) & (moment.later <= tile[-1])
        self._settle(Pairs.of([near, moment.only(inside)]))

    def _settle(self, pairs: Pairs) -> None:
        """Let each clip that leads itself join the earliest leader that it is near to, if any: earlier clips first."""
        order = np.lexsort((pairs.earlier, pairs.later))
        columns = (pairs.later[order].tolist(), pairs.earlier[order].tolist(), pairs.similarity[order].tolist())
        for later, earlier, similarity in zip(*columns, strict=True):
            if self.leader[later] == later and self.leader[earlier] == earlier:
                self.leader[later], self.similarity[later] = earlier, similarity

    def _leads(self, places: NDArray[np.intp]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.leader[places] == places
        return found

    def _same_moment(self, rows: NDArray[np.intp]) -> Pairs:
        """The clips of these places with the earlier ones that show the same moment of their video."""
        parts = []
        for clip, other in self._moments.pairs(self._order[rows]):
            later, earlier = self._place[clip], self._place[other]
            parts.append(Pairs(later, earlier, np.ones(len(later), np.float32)).only(earlier < later))
        return Pairs.of(parts)

    def check(self) -> tuple[int, int]:
        """Compare a sample of the clips that were not compared with all leaders with all of them.

        Returns how many those are, and how many of them are near an earlier leader than theirs.
        """
        incomplete = np.concatenate(self._incomplete)
        if not len(incomplete):
            return 0, 0
        rng = np.random.default_rng(0)
        sample = np.sort(rng.choice(incomplete, min(CHECKED, len(incomplete)), replace=False))
        leaders = np.flatnonzero(self._leads(np.arange(len(self.leader))) & self._measured)
        earliest = self.leader[sample].copy()
        for begin in range(0, len(leaders), BLOCK):
            some = leaders[begin : begin + BLOCK]
            pairs = self._compare.near(sample, some, self._compare.sketches[some])
            np.minimum.at(earliest, np.searchsorted(sample, pairs.later), pairs.earlier)
        return len(sample), int((earliest < self.leader[sample]).sum())
