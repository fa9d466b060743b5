"""What one rule came to: what it found, how many it could check, and the rate in each group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np
import pyarrow as pa

from engine.audit.facts import GROUPINGS, Grouping, groups_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.arrays import Flags, Floats, Rows
    from engine.audit.facts import AuditFacts, Groups, VideoFacts

__all__ = ["ClipHits", "GroupRate", "Hit", "Outcome", "clip_outcome", "group_rates", "video_outcome"]


_AT_ONCE = 10_000
"""So many clips are looked up together."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One clip, video, file or row that a rule found: its id, the file that it lies in, and what is wrong with it."""

    id: str
    path: str
    detail: str


class ClipHits(Sequence[Hit]):
    """The clips that a rule found, each put into words when it is read: of a million, a page names a few."""

    def __init__(self, rows: Rows, clips: pa.Table, paths: Mapping[str, str], detail: Callable[[int], str]) -> None:
        """`rows`, `(n_found,)`: places in `clips`, whose `clip_id` and `video_id` are read; `paths`: video → file."""
        self._rows = rows
        self._clips = clips.select(["clip_id", "video_id"])
        self._paths = paths
        self._detail = detail

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        if isinstance(index, slice):
            return tuple(self._hits(self._rows[index]))
        return next(self._hits(self._rows[[index]]))

    def __iter__(self) -> Iterator[Hit]:
        for first in range(0, len(self._rows), _AT_ONCE):
            yield from self._hits(self._rows[first : first + _AT_ONCE])

    def _hits(self, rows: Rows) -> Iterator[Hit]:
        found = self._clips.take(pa.array(rows)).to_pydict()
        for clip_id, video_id, row in zip(found["clip_id"], found["video_id"], rows.tolist(), strict=True):
            yield Hit(clip_id, self._paths.get(video_id, ""), self._detail(row))


@dataclass(frozen=True, slots=True)
class GroupRate:
    """How many of a group's members were found, of those that could be checked."""

    grouping: Grouping
    group: str
    count: int
    checked: int

    @property
    def rate(self) -> float:
        """`count` of `checked`; there is no group without a checked member."""
        return self.count / self.checked


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a rule found. `unknown` counts what could not be checked, and `why` says the reason."""

    hits: Sequence[Hit] = ()
    checked: int = 0
    unknown: int = 0
    why: str = ""
    applies: bool = True
    """Whether there is anything that the rule could be about."""
    count: int | None = None
    """How many were found, where more were than are named."""
    groups: tuple[GroupRate, ...] = ()


NOT_ABOUT_THIS = Outcome(applies=False)


def clip_outcome(
    facts: AuditFacts, found: Flags, known: Flags, why: str, detail: Callable[[int], str], worse: Floats | None = None
) -> Outcome:
    """The outcome of a rule about clips: `found` and `known` are `(n_clips,)`; `detail` words one clip's row.

    `worse`, `(n_clips,)`: how bad each is; the worst are named first.
    """
    found = found & known
    rows = np.flatnonzero(found)
    if worse is not None:
        rows = rows[np.argsort(-worse[rows], kind="stable")]
    unknown = int((~known).sum())
    return Outcome(
        hits=ClipHits(rows, facts.clips, facts.paths, detail),
        checked=int(known.sum()),
        unknown=unknown,
        why=why if unknown else "",
        applies=len(known) > 0,
        groups=tuple(
            rate for grouping in GROUPINGS for rate in group_rates(grouping, facts.groups[grouping], found, known)
        ),
    )


def video_outcome(
    videos: Sequence[VideoFacts], why_wrong: Iterable[str], known: Sequence[bool] | None = None, why: str = ""
) -> Outcome:
    """The outcome of a rule about videos: what is wrong with each, in words, empty where nothing is."""
    words = list(why_wrong)
    checked = np.array(known if known is not None else [True] * len(videos), bool)
    found = np.array([bool(text) for text in words], bool) & checked
    unknown = int((~checked).sum())
    return Outcome(
        hits=tuple(Hit(videos[row].video_id, videos[row].path, words[row]) for row in np.flatnonzero(found).tolist()),
        checked=int(checked.sum()),
        unknown=unknown,
        why=why if unknown else "",
        applies=len(videos) > 0,
        groups=(
            *group_rates("source", _groups([video.source for video in videos]), found, checked),
            *group_rates("folder", _groups([video.folder for video in videos]), found, checked),
        ),
    )


def _groups(names: Sequence[str]) -> Groups:
    return groups_of(pa.chunked_array([names], pa.string()))


def group_rates(grouping: Grouping, groups: Groups, found: Flags, known: Flags) -> list[GroupRate]:
    """The rate in each group, the highest first; none where what could be checked is all in one."""
    known = known & (groups.member >= 0)
    checked = np.bincount(groups.member[known], minlength=len(groups.names))
    count = np.bincount(groups.member[known & found], minlength=len(groups.names))
    rates = [
        GroupRate(grouping, name, int(count[place]), int(checked[place]))
        for place, name in enumerate(groups.names)
        if checked[place]
    ]
    return sorted(rates, key=lambda rate: (-rate.rate, -rate.count, rate.group)) if len(rates) > 1 else []
