"""Relocates videos whose file has moved, and removes videos from the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.files.place import missing_of
from engine.files.typed_path import typed_path
from storage.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.files.place import FilePlace
    from storage import Workspace
    from storage.videos import Video

__all__ = ["relocate", "remove"]


def relocate(workspace: Workspace, video_id: str, place: str) -> list[str]:
    """Set a video's new path: the file, or the folder that it is in. Of a tar, all members that it still holds move.

    Returns the ids of the videos that were relocated, the named one first. Raises `StorageError` where there is no such
    file, or where it is another recording. Sizes, and of a tar the headers, are compared first, so that a wrong file is
    refused without reading gigabytes.
    """
    video = workspace.videos.get(video_id)
    path = typed_path(place.strip())
    if path.is_dir():
        path = path / video.place.file.name
    if not path.is_file():
        raise StorageError(f"there is no file {path}", remedy="Give the file's full path, or the folder that it is in.")
    places = {video_id: video.place.moved_to(path)} if video.place.member is None else _members(workspace, video, path)
    size_bytes = path.stat().st_size
    if video.place.member is None and size_bytes != video.size_bytes:
        raise StorageError(
            f"{path} is another recording: it has {size_bytes:,} bytes, not {video.size_bytes:,}",
            remedy="Import it as a new video instead.",
        )
    workspace.segments.move(
        {one.path: places[one.video_id].address for one in workspace.videos.find(ids=places, limit=len(places))}
    )
    workspace.videos.relocate(places)
    return list(places)


def _members(workspace: Workspace, video: Video, tar: Path) -> dict[str, FilePlace]:
    """The new places of the video and of all other members of its tar that the tar at its new path holds."""
    siblings = {video.video_id: video} | {one.video_id: one for one in workspace.videos.in_tar(video.place.file)}
    places = {video_id: one.place.moved_to(tar) for video_id, one in siblings.items()}
    missing = missing_of(place.address for place in places.values())
    if places[video.video_id].address in missing:
        raise StorageError(
            f"{tar} is another tar: it does not hold {video.place.name} where the tar that was imported did",
            remedy="Import it as a new source: members whose content is known are pointed at their new place.",
        )
    return {video_id: place for video_id, place in places.items() if place.address not in missing}


def remove(workspace: Workspace, video_id: str) -> None:
    """Remove a video, its clips and their pictures from the workspace. The source file is not touched."""
    files = workspace.media.files_of_video(video_id)
    workspace.videos.remove(video_id)
    workspace.media.delete_files(files)
