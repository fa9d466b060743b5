"""Imports what a source lists: its files as a job, the windows that it names as clips, the scores that it states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.workflows.importing import ImportRequest, import_job
from app.workflows.known_scores import write_scores
from engine.files.problems import shortened
from engine.files.typed_path import typed_paths
from engine.settings.data import DataSettings
from engine.sources.registry import SOURCES, make_source, recognised
from storage.segments import SegmentRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engine.clipping import ClippingSettings, Method
    from engine.sources.base import SourceListing
    from engine.sources.types import Segment
    from storage import Workspace

__all__ = ["Listed", "list_source", "prepare_listed", "recognised_source"]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What a source found below some paths."""

    source: str
    listing: SourceListing

    @property
    def method(self) -> Method:
        """How its videos become clips where nobody says otherwise."""
        return "annotations" if self.listing.segments else "stride"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the source was read, and of scores that come along."""
        count = len(self.listing.scores)
        scores = f"Scores of {count:,} windows will come along, by a model that is not made the current one."
        return (*self.listing.notes, *([scores] if count else []))


def recognised_source(paths: Iterable[str | Path]) -> str | None:
    """The source whose layout all of these paths certainly have; None where there is none, or they are of several."""
    found, unknown = typed_paths(paths)
    return None if unknown else recognised(found)


def list_source(
    workspace: Workspace, source: str, paths: Iterable[str | Path], options: Mapping[str, object] | None = None
) -> Listed:
    """What `source` finds below `paths`; options that are not given are the workspace's, then the source's own.

    Opens no video and stores nothing. Raises `SourceError` where nothing can be used, or for an option that it lacks.
    """
    known = SOURCES.get(source).Options.model_fields
    follow_links = workspace.settings.load(DataSettings).imports.follow_links
    own = {"follow_links": follow_links} if "follow_links" in known else {}
    found, unknown = typed_paths(paths)
    listing = make_source(source, {**own, **(options or {})}).listing(found)
    return Listed(source=source, listing=replace(listing, problems=(*unknown, *listing.problems)))


def prepare_listed(
    workspace: Workspace, listed: Listed, *, clips: Method | None, clipping: ClippingSettings, pictures: bool = True
) -> ImportRequest:
    """Keep the windows and scores that the source names, and make the job that imports its files.

    Windows wait for their video like the rows of an annotation file; those of an earlier import of the same files are
    replaced.
    """
    listing = listed.listing
    segments = 0
    if listing.segments:
        windows = (_row(listed.source, segment) for segment in listing.segments)
        segments = workspace.segments.replace_windows((file.path for file in listing.files), windows)
    spec = import_job(
        listing,
        source=listed.source,
        clips=clips,
        clipping=clipping,
        pictures=pictures,
        scores=write_scores(workspace, listing.scores),
    )
    return ImportRequest(spec, shortened("", listing.problems), listed.notes, new_segments=segments)


def _row(source: str, segment: Segment) -> SegmentRow:
    return SegmentRow(
        source=source,
        video_name=segment.video_name,
        name_key=segment.video_name,
        start_s=segment.start_s,
        end_s=segment.end_s,
        narration=segment.narration or None,
        verb=segment.verb or None,
        noun=segment.noun or None,
        participant=segment.participant or None,
        file=segment.file,
        row_number=segment.row or 0,
    )
