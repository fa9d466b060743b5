"""Finds leaders near a clip without comparing it with all of them: an inverted file (Sivic and Zisserman, 2003).

Leaders lie in the cell of their nearest centre. A clip x whose nearest centre is a need not look into the cell of
another centre c where (|x - c|² - |x - a|²) / 2|a - c|, its distance from the plane between both cells, is above the
distance at which clips are near: no leader there can be so close. That rule loses nothing. Where it leaves more cells
than `most_cells`, the nearest of them are searched, and the clip counts as not compared with all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Cells", "Looked", "centres_of"]

ROUNDS = 8
SAMPLED_A_CENTRE = 40
SLACK = 1e-4
"""What rounding may shift a squared distance by."""


@dataclass(frozen=True)
class Looked:
    """Which cells each clip of a block has to look into.

    `nearest` is `(m,)`: the clip's own cell; `clip` and `cell` are pairs, sorted by cell; `complete` is `(m,)`: whether
    the clip looks into every cell that may hold a leader near it.
    """

    nearest: NDArray[np.intp]
    clip: NDArray[np.intp]
    cell: NDArray[np.intp]
    complete: NDArray[np.bool_]

    def by_cell(self) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """Each cell with the clips that look into it."""
        if not len(self.cell):
            return
        begins = np.flatnonzero(np.diff(self.cell, prepend=-1))
        for begin, end in zip(begins, [*begins[1:], len(self.cell)], strict=True):
            yield int(self.cell[begin]), self.clip[begin:end]


@dataclass
class _Cell:
    """The leaders of one cell, with room to grow."""

    ids: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    sketches: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    count: int = 0

    def add(self, ids: NDArray[np.intp], sketches: NDArray[np.float32]) -> None:
        """Append leaders."""
        needed = self.count + len(ids)
        if needed > len(self.ids):
            room = max(8, 2 * needed)
            grown, seen = np.empty(room, np.intp), np.empty((room, sketches.shape[1]), np.float32)
            grown[: self.count] = self.ids[: self.count]
            if self.count:
                seen[: self.count] = self.sketches[: self.count]
            self.ids, self.sketches = grown, seen
        self.ids[self.count : needed] = ids
        self.sketches[self.count : needed] = sketches
        self.count = needed


class Cells:
    """Centres, and the leaders found so far by cell."""

    def __init__(self, centres: NDArray[np.float32], *, near: float, most_cells: int | None) -> None:
        """`near` is the distance up to which clips are near; `most_cells` None searches all that may hold one."""
        self._centres = centres
        self._squared = (centres.astype(np.float64) ** 2).sum(axis=1).astype(np.float32)
        between = self._squared[:, None] - 2 * centres @ centres.T + self._squared[None]
        self._reach = 2 * near * np.sqrt(np.maximum(between, 0)) + SLACK
        self._most = most_cells
        self._cells = [_Cell() for _ in centres]
        self._filled = np.zeros(len(centres), dtype=bool)

    def look(self, sketches: NDArray[np.float32]) -> Looked:
        """Where clips have to look."""
        # Without |x|²: the same for every centre.
        away = self._squared[None] - 2 * sketches @ self._centres.T
        nearest = away.argmin(axis=1)
        own = away[np.arange(len(away)), nearest]
        may = away - own[:, None] <= self._reach[nearest]
        may &= self._filled[None]
        complete = np.ones(len(away), dtype=bool)
        if self._most is not None:
            crowded = np.flatnonzero(may.sum(axis=1) > self._most)
            if len(crowded):
                complete[crowded] = False
                ranked = np.where(may[crowded], away[crowded], np.inf)
                best = np.argpartition(ranked, self._most - 1, axis=1)[:, : self._most]
                may[crowded] = False
                may[crowded[:, None], best] = True
        cell, clip = np.nonzero(may.T)
        return Looked(nearest, clip, cell, complete)

    def add(self, cell: NDArray[np.intp], ids: NDArray[np.intp], sketches: NDArray[np.float32]) -> None:
        """Put leaders into their cells."""
        order = np.argsort(cell, kind="stable")
        begins = np.flatnonzero(np.diff(cell[order], prepend=-1))
        for part in np.split(order, begins[1:]) if len(order) else ():
            self._cells[int(cell[part[0]])].add(ids[part], sketches[part])
            self._filled[cell[part[0]]] = True

    def leaders(self, cell: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The leaders of a cell, in their order, and their sketches."""
        found = self._cells[cell]
        return found.ids[: found.count], found.sketches[: found.count]


def centres_of(sketches: NDArray[np.float32], count: int, *, seed: int = 0) -> NDArray[np.float32]:
    """`(count, width)`: centres of the cells, by a few rounds of k-means on a sample (Lloyd, 1982)."""
    rng = np.random.default_rng(seed)
    few = min(len(sketches), SAMPLED_A_CENTRE * count)
    sample = sketches[np.sort(rng.choice(len(sketches), few, replace=False))]
    centres = sample[rng.choice(few, min(count, few), replace=False)].copy()
    for _ in range(ROUNDS if len(centres) > 1 else 0):
        squared = (centres**2).sum(axis=1)
        nearest = np.concatenate(
            [
                (squared[None] - 2 * sample[begin : begin + 4096] @ centres.T).argmin(axis=1)
                for begin in range(0, few, 4096)
            ]
        )
        members = np.bincount(nearest, minlength=len(centres))
        order = np.argsort(nearest, kind="stable")
        held = np.flatnonzero(members)
        sums = np.add.reduceat(sample[order], np.cumsum(members[held]) - members[held], axis=0)
        centres[held] = sums / members[held, None]
    return centres
