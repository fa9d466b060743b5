"""What a data set's own list, lying beside an annotation file, says of its videos before they are here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.sources.ego4d import read_manifest
from engine.sources.epic import read_video_info

if TYPE_CHECKING:
    from engine.sources.types import ListedVideo, Source

__all__ = ["listed_beside"]

LISTS = {"epic": ("EPIC_*video_info.csv", read_video_info), "ego4d": ("ego4d.json", read_manifest)}


def listed_beside(annotation_file: str | Path, source: Source) -> dict[str, ListedVideo]:
    """Video name → what the list says, for EPIC's `EPIC_100_video_info.csv` and Ego4D's `ego4d.json`.

    Empty where there is no list, or it can't be read: it is a help, not a condition.
    """
    if source not in LISTS:
        return {}
    pattern, read = LISTS[source]
    listed: dict[str, ListedVideo] = {}
    for file in sorted(Path(annotation_file).parent.glob(pattern)):
        try:
            listed |= read(file)
        except SourceError:
            continue
    return listed
