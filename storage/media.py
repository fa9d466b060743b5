"""Stores thumbnails, sprites and previews in the media folder, from which the app serves them."""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from storage.database import Database
    from storage.paths import WorkspacePaths

__all__ = ["MediaFile", "MediaStore", "NewMedia"]


@dataclass(frozen=True)
class NewMedia:
    """A picture or preview that a worker made: of which clip or video, of what kind, its file's name below the media
    folder, and what there is to know of it (JSON)."""

    subject_id: str
    kind: str
    file: str
    details: str


@dataclass(frozen=True)
class MediaFile:
    """A picture or preview that is there: its file below the media folder, and what there is to know of it."""

    file: str
    details: Mapping[str, float | str | None]


class MediaStore:
    """Reads and writes the media table and the folder that it describes."""

    def __init__(self, database: Database, paths: WorkspacePaths) -> None:
        self._database = database
        self._paths = paths

    def take(self, made: Iterable[NewMedia], files: Mapping[str, Path]) -> None:
        """Move what workers made into the media folder and record it; `files` says where each file lies now.

        A file that is there already is replaced: pictures of the same window are the same. Raises `StorageError` for a
        picture without its file.
        """
        for picture in made:
            name = picture.file
            target = self._paths.media_file(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if name in files and files[name].exists():
                shutil.move(str(files[name]), str(target))
            elif not target.is_file():
                raise StorageError(f"the picture {name!r} was announced but never made")
            self._database.write(
                "INSERT OR REPLACE INTO media VALUES (?, ?, ?, ?, ?)",
                [picture.subject_id, picture.kind, name, picture.details, datetime.now(UTC)],
            )

    def get(self, subject_id: str, kind: str) -> MediaFile | None:
        """A picture or preview, or None where it is not made yet."""
        row = self._database.row(
            "SELECT file, details FROM media WHERE subject_id = ? AND kind = ?", [subject_id, kind]
        )
        return MediaFile(row["file"], json.loads(row["details"])) if row else None

    def files_of_video(self, video_id: str) -> list[str]:
        """The media files of a video and of its clips."""
        return self._database.column(
            "SELECT file FROM media WHERE subject_id = $id "
            "OR subject_id IN (SELECT clip_id FROM clip WHERE video_id = $id)",
            {"id": video_id},
        )

    def forget(self, video_id: str) -> None:
        """Mark the pictures and previews of a video and of its clips to be made again; the files stay until then."""
        self._database.write(
            "DELETE FROM media WHERE subject_id = $id OR subject_id IN (SELECT clip_id FROM clip WHERE video_id = $id)",
            {"id": video_id},
        )

    def delete_files(self, names: Iterable[str]) -> None:
        """Delete media files without an entry."""
        for name in names:
            with contextlib.suppress(OSError):
                self._paths.media_file(name).unlink()
