"""Results of the readers of sources. Plain data: nothing here imports more than the standard library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from engine.files.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "Annotations",
    "Chapter",
    "FolderListing",
    "LengthCheck",
    "ListedVideo",
    "Problem",
    "Recording",
    "Segment",
    "Source",
]

Source = Literal["folder", "epic", "ego4d", "gopro", "csv"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One annotated window `[start_s, end_s)` of a video, as its file states it: not yet a clip.

    `video_name` is the name in the file (an id, a file name or a path); `names.match_key` finds its video.
    `row` is the line in a CSV file (the header is line 1), or the 1-based count of the annotation in a JSON file.
    `file` is said where windows of several files come together: the file, or the folder of the data set.
    Texts are kept as they are, formulas and HTML included: whoever shows or exports them makes them safe.
    """

    video_name: str
    start_s: float
    end_s: float
    narration: str = ""
    verb: str = ""
    noun: str = ""
    participant: str = ""
    row: int | None = None
    file: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """The content of one annotation file. `format` is the display name of its layout, e.g. "EPIC-KITCHENS-100"."""

    path: str
    source: Source
    format: str
    segments: tuple[Segment, ...]
    problems: tuple[Problem, ...]

    @property
    def video_names(self) -> tuple[str, ...]:
        """Each video named, once, in order of first mention."""
        return tuple(dict.fromkeys(segment.video_name for segment in self.segments))


@dataclass(frozen=True, slots=True)
class LengthCheck:
    """Segments after the check against the lengths of their videos, and the problems found."""

    segments: tuple[Segment, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ListedVideo:
    """A video in a data set's own list: known facts before the video is imported."""

    video_name: str
    duration_s: float | None
    fps: float | None = None
    original_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderListing:
    """Candidate files under some paths, in a fixed order; whether each is a video is found by probing."""

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]
    companions_count: int = 0
    tars: tuple[Path, ...] = ()
    """Those among the companions: they may hold videos."""
    data_sets: tuple[Path, ...] = ()
    """Folders below which a `meta/info.json` lies: they may be data sets of LeRobot."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One file of a recording. `number` counts from 1, whatever the camera's own numbering."""

    path: Path
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording: its files in order.

    `recording_id` is unique (it holds the folder); `name` is what a person calls it, e.g. "GX0123".
    `is_gopro` is false for a file that is named otherwise: a recording of one chapter.
    """

    recording_id: str
    name: str
    chapters: tuple[Chapter, ...]
    is_gopro: bool
    problems: tuple[Problem, ...] = ()
