"""Pictures and previews in the media folder: what the app serves to the browser."""

from __future__ import annotations

import contextlib
import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from storage.database import Database
    from storage.paths import WorkspacePaths

__all__ = ["MediaStore"]


class MediaStore:
    """The media table and the folder that it describes."""

    def __init__(self, database: Database, paths: WorkspacePaths) -> None:
        self._database = database
        self._paths = paths

    def take(self, rows: Iterable[Mapping[str, Any]], files: Mapping[str, Path]) -> None:
        """Move a shard's files into the media folder and record them.

        Each row has `subject_id`, `kind`, `file` (a key of `files`) and `details` (JSON). A file that is there
        already is replaced: pictures of the same window are the same. Raises `StorageError` for a row without its file.
        """
        for row in rows:
            name = row["file"]
            target = self._paths.media_file(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if name in files and files[name].exists():
                shutil.move(str(files[name]), str(target))
            elif not target.is_file():
                msg = f"the picture {name!r} was announced but never made"
                raise StorageError(msg)
            self._database.write(
                "INSERT OR REPLACE INTO media VALUES (?, ?, ?, ?, ?)",
                [row["subject_id"], row["kind"], name, row["details"], datetime.now(UTC)],
            )

    def get(self, subject_id: str, kind: str) -> dict[str, Any] | None:
        """`file` (below the media folder) and `details` of a picture, or None where it is not made yet."""
        row = self._database.row(
            "SELECT file, details FROM media WHERE subject_id = ? AND kind = ?", [subject_id, kind]
        )
        return {"file": row["file"], "details": json.loads(row["details"])} if row else None

    def files_of_video(self, video_id: str) -> list[str]:
        """The media files of a video and of its clips."""
        rows = self._database.rows(
            "SELECT file FROM media WHERE subject_id = $id "
            "OR subject_id IN (SELECT clip_id FROM clip WHERE video_id = $id)",
            {"id": video_id},
        )
        return [row["file"] for row in rows]

    def forget(self, video_id: str) -> None:
        """Have the pictures and the preview of a video and of its clips made anew; the files stay until then."""
        self._database.write(
            "DELETE FROM media WHERE subject_id = $id OR subject_id IN (SELECT clip_id FROM clip WHERE video_id = $id)",
            {"id": video_id},
        )

    def delete_files(self, names: Iterable[str]) -> None:
        """Delete media files that nothing names any more."""
        for name in names:
            with contextlib.suppress(OSError):
                self._paths.media_file(name).unlink()
