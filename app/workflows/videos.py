"""Relocates videos whose file has moved, and removes videos from the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.files.typed_path import typed_path
from storage.errors import StorageError

if TYPE_CHECKING:
    from storage import Workspace

__all__ = ["relocate", "remove"]


def relocate(workspace: Workspace, video_id: str, place: str) -> None:
    """Set a video's new path: the file, or the folder that it is in.

    Raises `StorageError` where there is no such file, or where it is another recording. The size is compared first, so
    that a wrong file is refused without reading gigabytes.
    """
    video = workspace.videos.get(video_id)
    path = typed_path(place.strip())
    if path.is_dir():
        path = path / Path(video.path).name
    if not path.is_file():
        raise StorageError(f"there is no file {path}", remedy="Give the file's full path, or the folder that it is in.")
    if path.stat().st_size != video.size_bytes:
        raise StorageError(
            f"{path} is another recording: it has {path.stat().st_size:,} bytes, not {video.size_bytes:,}",
            remedy="Import it as a new video instead.",
        )
    workspace.videos.relocate(video_id, str(path))
    workspace.segments.move(video.path, str(path))


def remove(workspace: Workspace, video_id: str) -> None:
    """Remove a video, its clips and their pictures from the workspace. The source file is not touched."""
    files = workspace.media.files_of_video(video_id)
    workspace.videos.remove(video_id)
    workspace.media.delete_files(files)
