"""Sources whose videos are plain files below some folders: any folder, EPIC-KITCHENS, Ego4D, a GoPro's card."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import Field

from engine.sources.base import DataSource, ListedFile, SourceListing, SourceOptions
from engine.sources.folder import list_files, printable
from engine.sources.gopro import group_chapters
from engine.sources.lerobot.info import is_data_set

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.sources.types import FolderListing, Problem

__all__ = ["Ego4d", "EpicKitchens", "Folder", "FolderOptions", "GoPro"]


class FolderOptions(SourceOptions):
    """How folders are searched."""

    follow_links: bool = Field(
        default=True,
        title="Follow links",
        description="Enter links to folders inside folders; what is reached twice is taken once.",
    )


class _VideoFiles(DataSource[FolderOptions]):
    """Every candidate file below the paths; the chapters of a recording are put in order where `_has_chapters`."""

    _has_chapters = True

    def listing(self, paths: Sequence[Path]) -> SourceListing:
        """Each file once, by name, path after path."""
        # Resolves `..` but not links, so that a person recognises the path.
        given = {os.path.abspath(path) for path in paths}  # noqa: PTH100
        found = list_files(sorted(given), follow_links=self.options.follow_links)
        problems: list[Problem] = list(found.problems)
        chapters: dict[Path, tuple[str, int]] = {}
        for recording in group_chapters(found.files):
            problems.extend(recording.problems)
            if recording.is_gopro and self._has_chapters:
                chapters |= {chapter.path: (recording.recording_id, chapter.number) for chapter in recording.chapters}
        files = tuple(
            ListedFile(
                path=str(path),
                group=chapters[path][0] if path in chapters else "",
                chapter=chapters[path][1] if path in chapters else None,
                size_bytes=_size_bytes(path),
                named=str(path) in given,
            )
            for path in found.files
        )
        return SourceListing(files=files, problems=tuple(problems), notes=_notes(found))


class Folder(_VideoFiles):
    """Any files and folders."""

    name = "folder"
    title = "Folder or files"
    description = "Any videos: what a file holds decides, not its name. Folders are searched all the way down."


class EpicKitchens(_VideoFiles):
    """EPIC-KITCHENS as its download lays it out."""

    name = "epic"
    title = "EPIC-KITCHENS"
    description = "Videos such as `P01_11.MP4`, and the EPIC-KITCHENS-100 or -55 action CSV."
    _has_chapters = False


class Ego4d(_VideoFiles):
    """Ego4D as its download lays it out."""

    name = "ego4d"
    title = "Ego4D"
    description = "Videos named by their `video_uid`, and the narration, moments or goal-step JSON."
    _has_chapters = False


class GoPro(_VideoFiles):
    """A camera's card."""

    name = "gopro"
    title = "GoPro"
    description = "The card's folder: chapters such as `GX010123`, `GX020123` are put in order as one recording."


def _notes(found: FolderListing) -> tuple[str, ...]:
    """What lies among the files that another source reads."""
    notes = []
    if found.tars:
        which = f"{len(found.tars):,} tars, such as" if len(found.tars) > 1 else "The tar"
        verb = "were" if len(found.tars) > 1 else "was"
        notes.append(f"{which} {printable(found.tars[0])} {verb} not looked into: the source webdataset reads tars.")
    sets = [folder for folder in found.data_sets if is_data_set(folder)]
    if sets:
        more = f" (and {len(sets) - 1:,} more)" if len(sets) > 1 else ""
        notes.append(
            f"{printable(sets[0])}{more} is a LeRobot data set: its video files are taken whole, without episodes "
            "and tasks. The source lerobot reads those."
        )
    return tuple(notes)


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # it is looked at again when its turn comes
