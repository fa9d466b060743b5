"""The posterior over clip rewards given the answers so far, and the most informative next pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from engine.preference.answers import TARGETS
from engine.preference.design import design_rows
from engine.preference.information import group_information, pair_scores, posterior
from engine.preference.linear import fit_linear_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Flags, Floats, Rows
    from engine.preference.answers import AskedPair
    from engine.tables.types import ClipTable

__all__ = ["Belief"]

_NEAREST: Final = 0.02
"""Near ties are drawn from this share of the pairs, those with the smallest difference."""


class Belief:
    """The posterior of a pool of clips after all answers; unanswered pairs count as asked, not as answered."""

    def __init__(
        self,
        clips: ClipTable,
        asked: Sequence[AskedPair],
        pool: Sequence[str],
        seen: set[frozenset[str]],
        cap: int,
    ) -> None:
        """`seen` are the pairs that must not be asked again; clips shown `cap` times are chosen last."""
        self.pool = list(pool)
        self.cap = cap
        self.place = {clip_id: place for place, clip_id in enumerate(self.pool)}
        self.shown = np.zeros(len(self.pool))
        for pair in asked:
            for clip_id in pair.clips:
                if clip_id in self.place:
                    self.shown[self.place[clip_id]] += 1
        # Each pair of the pool once, row by row.
        self.first, self.second = np.triu_indices(len(self.pool), 1)
        self.open = np.ones(len(self.first), dtype=bool)
        for pair_clips in seen:
            self.close(pair_clips)
        answered = [pair for pair in asked if pair.answer in TARGETS]
        rows = _row_numbers(clips, answered, self.pool)
        design = design_rows(clips, np.array(list(rows.values()), dtype=np.intp))
        where = {clip_id: place for place, clip_id in enumerate(rows)}
        known = [p for p in answered if p.left_clip_id in where and p.right_clip_id in where]
        left = np.array([where[pair.left_clip_id] for pair in known], dtype=np.intp)
        right = np.array([where[pair.right_clip_id] for pair in known], dtype=np.intp)
        target = np.array([TARGETS[str(pair.answer)] for pair in known])
        self.fit = fit_linear_evidence(design.rows[left] - design.rows[right], target, design.embedded)
        mine = design.rows[[where[clip_id] for clip_id in self.pool]]
        self.belief = posterior(mine, self.fit, self.shown)
        names = [clips.video_ids[rows[clip_id]] for clip_id in self.pool]
        self.bounds: dict[str, Floats] = {}
        """Criterion → its score of every pair at some earlier time: never less than its score now, see `_best`."""
        self.video: Rows = np.unique(names, return_inverse=True)[1].astype(np.intp)
        for pair in asked:
            if pair.answer is None and pair.clips <= self.place.keys():
                self.belief.observe(self.place[pair.left_clip_id], self.place[pair.right_clip_id])

    def close(self, clips: frozenset[str]) -> None:
        """Never choose this pair again."""
        if clips <= self.place.keys() and len(clips) == 2:
            i, j = sorted(self.place[clip_id] for clip_id in clips)
            self.open[i * len(self.pool) - i * (i + 1) // 2 + j - i - 1] = False

    def ask(self, left: str, right: str) -> None:
        """Update the posterior for a chosen pair, so that similar pairs become less informative."""
        self.close(frozenset((left, right)))
        if left in self.place and right in self.place:
            self.belief.observe(self.place[left], self.place[right])
            self.shown[[self.place[left], self.place[right]]] += 1

    def most_informative(self, how: Literal["d_optimal", "bald"]) -> tuple[str, str] | None:
        """The most informative open pair of clips that were not shown too often; None where none is open."""
        allowed = self._allowed(self.open)
        return self._names(self._best(how, allowed)) if len(allowed) else None

    def _best(self, how: Literal["d_optimal", "bald"], allowed: Rows) -> int:
        """The first of the `allowed` pairs with the highest score, without scoring all of them.

        Choosing a pair leaves all means and shrinks all variances, and both criteria rise with the variance. So an
        earlier score is an upper bound, and pairs below the new score of the likeliest one can't win (M. Minoux,
        "Accelerated greedy algorithms for maximizing submodular set functions", 1978).
        """
        if how not in self.bounds:
            self.bounds[how] = pair_scores(self.belief, how, self.first, self.second)
        bounds = self.bounds[how]
        likely = allowed[[int(np.argmax(bounds[allowed]))]]
        least = pair_scores(self.belief, how, self.first[likely], self.second[likely])[0]
        rivals = allowed[bounds[allowed] >= least]
        bounds[rivals] = pair_scores(self.belief, how, self.first[rivals], self.second[rivals])
        return int(rivals[int(np.argmax(bounds[rivals]))])

    def across_videos(self) -> tuple[str, str] | None:
        """The open pair of two videos that tells most about the videos' mean rewards; None where none is open."""
        allowed = self._allowed(self.open & (self.video[self.first] != self.video[self.second]))
        if not len(allowed):
            return None
        first, second = self.first[allowed], self.second[allowed]
        return self._names(int(allowed[int(np.argmax(group_information(self.belief, self.video, first, second)))]))

    def _allowed(self, wanted: Flags) -> Rows:
        """Which pairs of those `wanted` are of clips that were not shown too often; all where there are no others."""
        fresh = self.shown < self.cap
        found = np.flatnonzero(wanted & fresh[self.first] & fresh[self.second])
        return found if len(found) else np.flatnonzero(wanted)

    def _names(self, pair: int) -> tuple[str, str]:
        return self.pool[int(self.first[pair])], self.pool[int(self.second[pair])]

    def near_tie(self, rng: np.random.Generator) -> tuple[str, str] | None:
        """One of the open pairs with the smallest differences; None where none is open."""
        ones, others = self.first[self.open], self.second[self.open]
        if not len(ones):
            return None
        gap = np.abs(self.belief.mean[ones] - self.belief.mean[others])
        nearest = np.argsort(gap, kind="stable")[: max(1, int(_NEAREST * len(gap)))]
        return self._names(int(np.flatnonzero(self.open)[nearest[int(rng.integers(len(nearest)))]]))


def _row_numbers(clips: ClipTable, answered: Sequence[AskedPair], pool: Sequence[str]) -> dict[str, int]:
    """Clip → row of `clips`, for the pool and for every existing clip with an answer."""
    needed = set(pool).union(*(pair.clips for pair in answered))
    return {clip_id: row for row, clip_id in enumerate(clips.clip_ids) if clip_id in needed}
