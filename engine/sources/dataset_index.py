"""Reads a data set's own list of videos (lengths, names), where it lies beside an annotation file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.files.problems import Problem
from engine.sources.ego4d import read_manifest
from engine.sources.epic import read_video_info
from engine.sources.folder import printable

if TYPE_CHECKING:
    from engine.sources.types import ListedVideo, Source

__all__ = ["DatasetIndex", "read_dataset_index"]

_INDEX_FILES = {"epic": ("EPIC_*video_info.csv", read_video_info), "ego4d": ("ego4d.json", read_manifest)}


@dataclass(frozen=True)
class DatasetIndex:
    """Listed facts by video name, and which lists could not be read."""

    videos: dict[str, ListedVideo]
    problems: tuple[Problem, ...]


def read_dataset_index(annotation_file: str | Path, source: Source) -> DatasetIndex:
    """Read `EPIC_100_video_info.csv`, `EPIC_video_info.csv` or Ego4D's `ego4d.json` in the annotation file's folder.

    Lists are optional: one that can't be read becomes a Problem, and the annotations are imported without it.
    """
    videos: dict[str, ListedVideo] = {}
    problems: list[Problem] = []
    pattern, read = _INDEX_FILES.get(source, ("", read_manifest))
    for file in sorted(Path(annotation_file).parent.glob(pattern)) if pattern else []:
        try:
            videos |= read(file)
        except SourceError as error:
            reason = f"the lengths of videos beside it can't be used: {error.message}"
            problems.append(Problem(printable(annotation_file), None, reason))
    return DatasetIndex(videos, tuple(problems))
