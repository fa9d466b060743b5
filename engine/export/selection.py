"""Selects and orders the clips of an export. Pure arithmetic over arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from engine.export.settings import ExportSettings

__all__ = ["Candidates", "KeptByTag", "Selection", "Vectors", "select"]

BLOCK = 512
"""Candidates compared with the chosen clips at a time, in one matrix product."""
MOST_FETCHED = 32 * 512
"""The most candidates whose vectors are held at a time. The first fetch is of one block and each next one twice as
large: few clips are looked at where few are wanted, and a walk through all of them takes few fetches."""

Vectors = Callable[["NDArray[np.intp]"], "NDArray[np.float32]"]
"""Gives the embeddings, `(k, width)`, of the candidates in these rows; a row of NaN where a clip has none."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Clips that may be exported. Row i of every array is clip i."""

    clip_ids: pa.Array
    """`(n,)` texts; Arrow's, because a million Python texts take 100 MB."""
    videos: NDArray[np.intp]
    """`(n,)` numbers that tell the videos apart."""
    scores: NDArray[np.float64]
    """`(n,)`; NaN where a clip has no score."""
    kept: NDArray[np.bool_]
    """`(n,)`: tagged `keep`, exported whatever the score."""
    vectors: Vectors | None = None
    """Embeddings of one model, fetched as the selection comes to them."""

    def __post_init__(self) -> None:
        n = len(self.clip_ids)
        lengths = (len(self.videos), len(self.scores), len(self.kept))
        if any(length != n for length in lengths):
            raise ValueError(f"{n} clips, but {lengths}: they must agree")


@dataclass(frozen=True, kw_only=True)
class KeptByTag:
    """A selected clip that only its tag `keep` brings in."""

    row: int
    rank: int | None
    """Its place by score among all candidates, 1 for the best; None without a score."""
    score: float | None


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The rows of the selected candidates, best first, and why the others are left out."""

    rows: tuple[int, ...]
    considered: int
    unscored: int
    below_threshold: int
    too_similar: int
    over_quota: int
    beyond_top: int
    without_vector: int
    """Selected clips that could not be compared with others because they have no embedding."""
    kept_by_tag: tuple[KeptByTag, ...] = ()
    """Selected clips that would be left out without their tag `keep`, best first."""


def select(candidates: Candidates, settings: ExportSettings) -> Selection:
    """Select greedily, best first: a clip is exported unless a setting excludes it.

    Clips tagged `keep` are chosen before all others, whatever their score, similarity or video; they count towards the
    top K, towards their video's quota, and others are compared with them. Equal scores are ordered by clip id, so the
    same input gives the same list on every machine.
    """
    return _select(candidates, settings, _by_score(candidates))


def _select(candidates: Candidates, settings: ExportSettings, order: NDArray[np.intp]) -> Selection:
    """Select from candidates of which `order` lists the rows by score."""
    n = len(candidates.clip_ids)
    scores = candidates.scores
    finite = np.isfinite(scores)
    low = -np.inf if settings.threshold is None else settings.threshold
    tagged = candidates.kept[order]
    forced = order[tagged]
    scored = order[~tagged & finite[order]]
    rest = scored[scores[scored] >= low]
    top = settings.top if settings.top is not None else n
    chosen = forced[:top].tolist()
    taken = Counter(candidates.videos[chosen].tolist())
    similarity = _Similarity(candidates.vectors if settings.diversity is not None else None, settings.diversity or 1.0)
    similarity.choose_all(forced[:top])
    too_similar = over_quota = seen = 0
    for block in similarity.blocks(rest):
        for place, (row, video) in enumerate(zip(block.tolist(), candidates.videos[block].tolist(), strict=True)):
            if len(chosen) >= top:
                break
            seen += 1
            if settings.per_video is not None and taken[video] >= settings.per_video:
                over_quota += 1
            elif similarity.is_too_similar(place):
                too_similar += 1
            else:
                chosen.append(row)
                taken[video] += 1
                similarity.choose(place)
        if len(chosen) >= top:
            break
    place_of = np.empty(n, np.intp)
    place_of[order] = np.arange(n)
    rows = tuple(sorted(chosen, key=place_of.__getitem__))
    return Selection(
        rows=rows,
        considered=n,
        unscored=n - len(forced) - len(scored),
        below_threshold=len(scored) - len(rest),
        too_similar=too_similar,
        over_quota=over_quota,
        beyond_top=len(rest) - seen + max(0, len(forced) - top),
        without_vector=similarity.without_vector,
        kept_by_tag=_kept_by_tag(candidates, settings, rows, order, place_of),
    )


def _by_score(candidates: Candidates) -> NDArray[np.intp]:
    """The rows by score, the best first and those without one last; equal ones by clip id."""
    ids = candidates.clip_ids
    worst_first = np.where(np.isnan(candidates.scores), np.inf, -candidates.scores)
    if pc.all(pc.less_equal(ids[:-1], ids[1:]), min_count=0).as_py():  # as the store gives them: no need to sort texts
        return np.argsort(worst_first, kind="stable")
    return np.lexsort((np.array(ids.to_pylist(), dtype=str), worst_first))


def _kept_by_tag(
    candidates: Candidates,
    settings: ExportSettings,
    rows: tuple[int, ...],
    order: NDArray[np.intp],
    place: NDArray[np.intp],
) -> tuple[KeptByTag, ...]:
    """Those of the selected `rows` that would be left out if no clip were tagged; `order` lists the rows by score, and
    `place` says where each stands in it."""
    kept = [row for row in rows if candidates.kept[row]]
    if not kept:
        return ()
    by_score = set(_select(replace(candidates, kept=np.zeros_like(candidates.kept)), settings, order).rows)
    found = []
    for row in kept:
        if row not in by_score:
            score = float(candidates.scores[row])
            known = bool(np.isfinite(score))
            rank = int(place[row]) + 1
            found.append(KeptByTag(row=row, rank=rank if known else None, score=score if known else None))
    return tuple(found)


class _Similarity:
    """Tests whether a clip is too similar to one chosen before it, by cosine similarity.

    Candidates come in blocks; of the others only those that were chosen keep their vectors here.
    """

    def __init__(self, vectors: Vectors | None, most: float) -> None:
        self._vectors = vectors
        self._most = most
        self._chosen: list[NDArray[np.float32]] = []
        """Vectors of length 1: those of a full block in one array, the latest one by one."""
        self._latest: list[NDArray[np.float32]] = []
        self._block: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._too_similar: NDArray[np.bool_] = np.empty(0, np.bool_)
        self.without_vector = 0
        """How many of the chosen could not be compared."""

    def blocks(self, rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        """The candidates in blocks, in this order, each compared with all that were chosen before it."""
        count, start = BLOCK, 0
        while start < len(rows):
            ahead = rows[start : start + count]
            units = self._units(ahead)
            for begin in range(0, len(ahead), BLOCK):
                if units is not None:
                    self._compare(units[begin : begin + BLOCK])
                yield ahead[begin : begin + BLOCK]
            start, count = start + count, min(2 * count, MOST_FETCHED)

    def _units(self, rows: NDArray[np.intp]) -> NDArray[np.float32] | None:
        """Their vectors at length 1; NaN for a clip without one, or with one of length 0."""
        if self._vectors is None:
            return None
        vectors = self._vectors(rows)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(lengths > 0, vectors / lengths, np.nan).astype(np.float32)

    def _compare(self, units: NDArray[np.float32]) -> None:
        self._block = units
        best = np.full(len(units), -np.inf, dtype=np.float32)
        for held in [*self._chosen, *([np.stack(self._latest)] if self._latest else [])]:
            best = np.fmax(best, np.fmax.reduce(units @ held.T, axis=1))
        self._too_similar = best > self._most

    def is_too_similar(self, place: int) -> bool:
        """Whether a candidate of the block is too similar to a chosen one. One without an embedding is to none."""
        return self._vectors is not None and bool(self._too_similar[place])

    def choose(self, place: int) -> None:
        """Add a candidate of the block to the chosen clips."""
        if self._vectors is None:
            return
        self._keep(self._block[place])
        self._too_similar |= self._block @ self._block[place] > self._most

    def choose_all(self, rows: NDArray[np.intp]) -> None:
        """Choose these clips whatever they are similar to."""
        for start in range(0, len(rows) if self._vectors is not None else 0, MOST_FETCHED):
            units = self._units(rows[start : start + MOST_FETCHED])
            for unit in units if units is not None else ():
                self._keep(unit)

    def _keep(self, unit: NDArray[np.float32]) -> None:
        self.without_vector += bool(np.isnan(unit).any())
        self._latest.append(unit.copy())
        if len(self._latest) == BLOCK:
            self._chosen.append(np.stack(self._latest))
            self._latest = []
