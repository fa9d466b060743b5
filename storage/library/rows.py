"""What the Library gets from the store: clips of a view, how they are spread, what each filter leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Extent", "Facets", "FunnelStep", "Histogram", "LibraryRow", "Search"]


@dataclass(frozen=True, kw_only=True)
class LibraryRow:
    """A clip in a list of clips: with its video, pictures (files below the media folder), tags, and score."""

    clip_id: str
    video_id: str
    video_name: str
    source: str
    start_s: float
    end_s: float
    origin: str
    narration: str | None
    width: int
    height: int
    thumbnail: str | None
    sprite: str | None
    sprite_details: str | None
    """The sprite's layout, as JSON."""
    tags: Sequence[str]
    reward: float | None
    reward_std: float | None
    sorted_by: float | None
    """The number that put it where it is; None where nothing but video and time did."""
    numbers: Mapping[str, float | None]
    """Those numbers that were asked for, by column."""

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Extent:
    """How much a view holds."""

    clips: int
    duration_s: float


@dataclass(frozen=True)
class Histogram:
    """`counts` has one less than `edges`; both empty where no clip has the number."""

    column: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Facets:
    """What there is to choose from, with the number of clips each has."""

    sources: dict[str, int]
    origins: dict[str, int]
    videos: dict[str, tuple[str, int]]
    """Video id → its name and its clips."""
    tags: dict[str, int]


@dataclass(frozen=True)
class FunnelStep:
    """One filter of a view: what remains after it and all before it, and what it alone keeps out."""

    title: str
    clips: int
    duration_s: float
    only_this: int
    """Clips that all the other filters let in."""


@dataclass(frozen=True)
class Search:
    """Something searched for by likeness."""

    search_id: str
    kind: str
    title: str
    model: str
