"""Selects and orders the clips of an export. Pure arithmetic over arrays."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.export.settings import ExportSettings

__all__ = ["Candidates", "KeptByTag", "Selection", "select"]

BLOCK = 512
"""Candidates compared with the chosen clips at a time, in one matrix product."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Clips that may be exported. Row i of every array is clip i."""

    clip_ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    scores: NDArray[np.float64]
    """`(n,)`; NaN where a clip has no score."""
    kept: NDArray[np.bool_]
    """`(n,)`: tagged `keep`, exported whatever the score."""
    vectors: NDArray[np.float32] | None = None
    """`(n, width)`: embeddings of one model; a row of NaN where a clip has none."""

    def __post_init__(self) -> None:
        n = len(self.clip_ids)
        lengths = (
            len(self.video_ids),
            len(self.scores),
            len(self.kept),
            n if self.vectors is None else len(self.vectors),
        )
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
    n = len(candidates.clip_ids)
    scores = candidates.scores
    worst_first = np.where(np.isnan(scores), np.inf, -scores)
    order = np.lexsort((np.array(candidates.clip_ids, dtype=str), worst_first)).tolist() if n else []
    finite = np.isfinite(scores)
    low = -np.inf if settings.threshold is None else settings.threshold
    forced = [row for row in order if candidates.kept[row]]
    scored = [row for row in order if not candidates.kept[row] and finite[row]]
    rest = [row for row in scored if scores[row] >= low]
    top = settings.top if settings.top is not None else n
    chosen = forced[:top]
    taken = Counter(candidates.video_ids[row] for row in chosen)
    similarity = _Similarity(candidates.vectors if settings.diversity is not None else None, settings.diversity or 1.0)
    for row in chosen:
        similarity.choose(row)
    too_similar = over_quota = seen = 0
    for begin in range(0, len(rest), BLOCK):
        block = rest[begin : begin + BLOCK]
        similarity.compare(block)
        for row in block:
            if len(chosen) >= top:
                break
            seen += 1
            video_id = candidates.video_ids[row]
            if settings.per_video is not None and taken[video_id] >= settings.per_video:
                over_quota += 1
            elif similarity.is_too_similar(row):
                too_similar += 1
            else:
                chosen.append(row)
                taken[video_id] += 1
                similarity.choose(row)
    place = {row: number for number, row in enumerate(order)}
    rows = tuple(sorted(chosen, key=place.__getitem__))
    return Selection(
        rows=rows,
        considered=n,
        unscored=n - len(forced) - len(scored),
        below_threshold=len(scored) - len(rest),
        too_similar=too_similar,
        over_quota=over_quota,
        beyond_top=len(rest) - seen + max(0, len(forced) - top),
        without_vector=similarity.without_vector(chosen),
        kept_by_tag=_kept_by_tag(candidates, settings, rows, place),
    )


def _kept_by_tag(
    candidates: Candidates, settings: ExportSettings, rows: tuple[int, ...], place: Mapping[int, int]
) -> tuple[KeptByTag, ...]:
    """Those of the selected `rows` that would be left out if no clip were tagged; `place` is the order by score."""
    kept = [row for row in rows if candidates.kept[row]]
    if not kept:
        return ()
    by_score = set(select(replace(candidates, kept=np.zeros_like(candidates.kept)), settings).rows)
    found = []
    for row in kept:
        if row not in by_score:
            score = float(candidates.scores[row])
            known = bool(np.isfinite(score))
            found.append(KeptByTag(row=row, rank=place[row] + 1 if known else None, score=score if known else None))
    return tuple(found)


class _Similarity:
    """Tests whether a clip is too similar to one chosen before it, by cosine similarity."""

    def __init__(self, vectors: NDArray[np.float32] | None, most: float) -> None:
        self._most = most
        self._units: NDArray[np.float32] | None = None
        if vectors is not None and vectors.size:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            with np.errstate(invalid="ignore", divide="ignore"):
                self._units = np.where(lengths > 0, vectors / lengths, np.nan).astype(np.float32)
        self._chosen: list[int] = []
        self._too_similar: dict[int, bool] = {}
        self._block: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def compare(self, block: list[int]) -> None:
        """Compare the next block of candidates with all chosen clips, at once."""
        if self._units is None:
            return
        self._block = np.array(block, dtype=np.intp)
        ahead = self._units[self._block]
        best = np.full(len(block), -np.inf, dtype=np.float32)
        for begin in range(0, len(self._chosen), BLOCK):
            similar = ahead @ self._units[self._chosen[begin : begin + BLOCK]].T
            best = np.fmax(best, np.fmax.reduce(similar, axis=1))
        self._too_similar = dict(zip(block, (best > self._most).tolist(), strict=True))

    def is_too_similar(self, row: int) -> bool:
        """Whether `row` is too similar to a chosen one. A clip without an embedding is similar to none."""
        return self._units is not None and self._too_similar.get(row, False)

    def choose(self, row: int) -> None:
        """Add `row` to the chosen clips."""
        if self._units is None:
            return
        self._chosen.append(row)
        if len(self._block):
            similar = self._units[self._block] @ self._units[row]
            for other in self._block[similar > self._most]:
                self._too_similar[int(other)] = True

    def without_vector(self, rows: list[int]) -> int:
        """How many of `rows` could not be compared."""
        return 0 if self._units is None else int(np.isnan(self._units[rows]).any(axis=1).sum()) if rows else 0
