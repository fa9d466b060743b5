"""Compares clips with leaders by the cosine of their vectors: sketches first, whole vectors where those can't tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Comparison", "Pairs"]

EDGE = 3e-6
"""What a cosine of 512 32-bit numbers may be off by: a vector is alike to itself from 1 on."""
SKETCH_EDGE = 1e-5
"""The same of a product of sketches, with plenty to spare: what it lets through is compared exactly."""
MANY = 0.05
"""From this share of pairs on, multiplying all whole vectors is quicker than picking pairs."""
AT_ONCE = 20_000
"""Pairs compared together: 80 MB of vectors of 512 numbers."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of a clip and an earlier one, by their places in the order, and how similar they are."""

    later: NDArray[np.intp]
    earlier: NDArray[np.intp]
    similarity: NDArray[np.float32]

    @classmethod
    def none(cls) -> Pairs:
        """No pairs."""
        return cls(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32))

    @classmethod
    def of(cls, parts: list[Pairs]) -> Pairs:
        """All pairs of the parts."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.later for part in parts]),
            np.concatenate([part.earlier for part in parts]),
            np.concatenate([part.similarity for part in parts]),
        )

    def only(self, which: NDArray[np.bool_]) -> Pairs:
        """Those of the pairs that `which` marks."""
        return Pairs(self.later[which], self.earlier[which], self.similarity[which])


class Comparison:
    """Unit vectors `(n, width)`, and their sketches by place in the order: `order[place]` is a vector's row."""

    def __init__(
        self,
        unit: NDArray[np.float32],
        order: NDArray[np.intp],
        sketches: NDArray[np.float32],
        min_similarity: float,
    ) -> None:
        self._unit, self._order = unit, order
        self.sketches = sketches
        self.least = min_similarity - EDGE

    def near(self, clips: NDArray[np.intp], leaders: NDArray[np.intp], seen: NDArray[np.float32]) -> Pairs:
        """The clips, by place, that are near a leader before them; `seen` is the leaders' sketches."""
        if not len(clips) or not len(leaders):
            return Pairs.none()
        bound = self.sketches[clips] @ seen.T
        clip, leader = np.nonzero(bound >= self.least - SKETCH_EDGE)
        if not len(clip):
            return Pairs.none()
        if len(clip) > max(AT_ONCE, MANY * bound.size):
            return self._near_of_many(clips, leaders)
        before = leaders[leader] < clips[clip]
        later, earlier = clips[clip[before]], leaders[leader[before]]
        cosine = np.concatenate(
            [
                np.einsum(
                    "nw,nw->n",
                    self._unit[self._order[later[begin : begin + AT_ONCE]]],
                    self._unit[self._order[earlier[begin : begin + AT_ONCE]]],
                )
                for begin in range(0, max(1, len(later)), AT_ONCE)
            ]
        )
        return Pairs(later, earlier, cosine).only(cosine >= self.least)

    def _near_of_many(self, clips: NDArray[np.intp], leaders: NDArray[np.intp]) -> Pairs:
        """The same where sketches rule out little: by all vectors."""
        parts = []
        mine = self._unit[self._order[clips]]
        for begin in range(0, len(leaders), 1024):
            some = leaders[begin : begin + 1024]
            cosine = mine @ self._unit[self._order[some]].T
            clip, leader = np.nonzero(cosine >= self.least)
            found = Pairs(clips[clip], some[leader], cosine[clip, leader])
            parts.append(found.only(found.earlier < found.later))
        return Pairs.of(parts)
