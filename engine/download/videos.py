"""Lists the videos that an annotation file mentions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.sources.read import read_annotations

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sources.types import Source

__all__ = ["from_annotations"]


def from_annotations(path: str | Path, source: Source | None = None) -> tuple[str, ...]:
    """The ids of the videos in an annotation file, each once, in order of first mention.

    Raises SourceError when the file can't be read or no row of it can be used.
    """
    annotations = read_annotations(path, source)
    if not annotations.video_names:
        reason = str(annotations.problems[0]) if annotations.problems else "it has no rows"
        raise SourceError(f"{annotations.path!r} names no video: {reason}.")
    return annotations.video_names
