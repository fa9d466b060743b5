"""What the rules of an audit read. Plain data: whoever gathers it reads a workspace, a folder or a bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Floats, Rows
    from engine.files.problems import Problem
    from engine.preference.kinds import LabelKind
    from engine.sources.types import Segment
    from engine.statistics.interval import Estimate

__all__ = [
    "CLIP_COLUMNS",
    "GROUPINGS",
    "AnnotationFacts",
    "AuditFacts",
    "FileFault",
    "Grouping",
    "Groups",
    "PreferenceFacts",
    "SameContent",
    "SampleFacts",
    "VideoFacts",
    "groups_of",
]

Grouping = Literal["source", "folder", "participant"]
GROUPINGS: tuple[Grouping, ...] = ("source", "folder", "participant")
"""What rates are shown by: where a clip's video comes from, the folder that it lies in, who wears the camera."""

_BEYOND_MEASURE = 1e100
"""Larger numbers, which a bundle may bring, would make sums infinite."""

CLIP_COLUMNS = pa.schema(
    [
        ("clip_id", pa.string()),
        ("video_id", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("source", pa.string()),
        ("folder", pa.string()),
        ("participant", pa.string()),
        ("near_duplicate_of", pa.string()),
        ("reward", pa.float64()),
        ("reward_std", pa.float64()),
        ("failure", pa.string()),
    ]
)
"""The columns of every table of clips, by clip. `participant` is null where nobody is named, `near_duplicate_of` where
the clip is not the copy of a better one, `failure` where nothing failed when it was measured. Columns of features
follow (`hands_any_share`, …); one that was never measured is absent."""


@dataclass(frozen=True)
class Groups:
    """Groups by name, and the place of each member's group among them; -1 for one that is in none."""

    names: tuple[str, ...]
    member: Rows


def groups_of(names: pa.ChunkedArray) -> Groups:
    """The groups of a column of names, in order of first mention."""
    encoded = names.combine_chunks().dictionary_encode()
    member = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return Groups(tuple(encoded.dictionary.to_pylist()), np.asarray(member, np.intp))


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """One video: what its file is, and what was met when it was read."""

    video_id: str
    path: str
    source: str
    folder: str
    duration_s: float
    is_there: bool
    """Whether its file still lies where it was."""
    header_damage: str = ""
    read_damage: str = ""
    size_change: str = ""
    """Where its pictures change their size, in words."""
    variable_rate: bool = False
    listed_s: float | None = None
    """Its length as the data set's own list states it."""
    clips: int = 0
    read: int = 0
    """How many of its clips were decoded."""


@dataclass(frozen=True)
class FileFault:
    """A file, and what is wrong with it."""

    path: str
    reason: str


@dataclass(frozen=True)
class SameContent:
    """A file with the very bytes of another one, in words that name it."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AnnotationFacts:
    """One annotation file: its rows as they were read, and those that could not be used."""

    path: str
    format: str = ""
    rows: tuple[Segment, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: str = ""
    """Why nothing of it could be used; empty where something could."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Name of a video in the file → the id of the video that is here."""


@dataclass(frozen=True, kw_only=True)
class PreferenceFacts:
    """What is known of a reward of these clips."""

    model_name: str = ""
    labels_by: LabelKind | None = None
    """Who gave the labels that it learned from; None where nobody knows."""
    labels: int = 0
    accuracy: Estimate | None = None
    """Its pair accuracy on videos that it never saw."""
    validation: str | None = None
    """`met`, `not met`, `undecided`, `unsupported`; None where it was never validated."""
    validation_words: str = ""
    is_selection: bool = False
    """Whether only clips that were chosen by it are here, so that nobody knows how far all clips' rewards spread."""
    why_unknown: str = ""
    """Why there is no reward to speak of; empty where there is one."""


@dataclass(frozen=True)
class SampleFacts:
    """That only some clips were measured: how many, of how many, by which seed."""

    clips: int
    of: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class AuditFacts:
    """All that the rules read."""

    clips: pa.Table
    """As `CLIP_COLUMNS` says, one row a clip."""
    videos: tuple[VideoFacts, ...] = ()
    files: int = 0
    """How many files were tried as videos."""
    faults: tuple[FileFault, ...] = ()
    """Files that do not open as videos, and paths that could not be listed."""
    same: tuple[SameContent, ...] = ()
    annotations: tuple[AnnotationFacts, ...] = ()
    sums: tuple[FileFault, ...] | None = None
    """Files that are not what their manifest says; None where there is no manifest."""
    summed: int = 0
    """How many files have a checksum."""
    layout: tuple[FileFault, ...] | None = None
    """What a checker of the data set's own layout found; None where it has none."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Extractor → why clips lack its numbers."""
    likeness: str = ""
    """Why near-duplicates were not looked for; empty where they were."""
    preference: PreferenceFacts = field(default_factory=PreferenceFacts)

    def numbers(self, column: str) -> Floats:
        """`(n_clips,)`: a column of the clips, NaN where there is no number, or one that no measurement gives."""
        if column not in self.clips.column_names:
            return np.full(self.clips.num_rows, np.nan)
        found = np.asarray(self.clips.column(column).to_numpy(zero_copy_only=False), np.float64)
        return np.where(np.abs(found) < _BEYOND_MEASURE, found, np.nan)

    @cached_property
    def groups(self) -> dict[Grouping, Groups]:
        """The clips by where they come from."""
        return {grouping: groups_of(self.clips.column(grouping)) for grouping in GROUPINGS}

    @cached_property
    def paths(self) -> dict[str, str]:
        """Video → its file."""
        return {video.video_id: video.path for video in self.videos}

    def why_missing(self, extractor: str) -> str:
        """Why clips lack the numbers of an extractor."""
        return self.missing.get(extractor) or f"not every clip has the numbers of “{extractor}”"
