"""What the browser may fetch: the workspace's media folder, and imported videos by their id. Ranges are served."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.services import open_services
from engine.errors import HandpickedError
from storage.paths import WorkspacePaths
from storage.workspace import default_workspace_path

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from storage import Workspace
    from storage.videos import Video

__all__ = ["THUMBNAIL", "media_routes", "media_url", "playable_url", "source_url"]

MEDIA = "/app/static/media"
SOURCE = "/app/static/source"
THUMBNAIL = "/app/static/thumbnail"
"""Below it, clip ids: for what draws a hundred thousand clips and shows a picture of one."""


def media_routes() -> list[BaseRoute]:
    """The routes for `st.App`."""
    folder = WorkspacePaths(default_workspace_path()).media
    return [
        Mount(MEDIA, StaticFiles(directory=folder, check_dir=False)),
        Route(f"{SOURCE}/{{video_id}}", serve_source),
        Route(f"{THUMBNAIL}/{{clip_id}}", serve_thumbnail),
    ]


async def serve_source(request: Request) -> Response:
    """The file of an imported video. Nothing that is not in the workspace's video table can be asked for."""
    try:
        video = await asyncio.to_thread(lambda: open_services().workspace.videos.get(request.path_params["video_id"]))
    except HandpickedError as error:
        return PlainTextResponse(str(error), status_code=404)
    path = Path(video.path)
    if not path.is_file():
        return PlainTextResponse(f"{video.path} is not there any more", status_code=404)
    return FileResponse(path, media_type="video/webm" if video.container == "webm" else "video/mp4")


async def serve_thumbnail(request: Request) -> Response:
    """The picture of a clip."""
    clip_id = request.path_params["clip_id"]
    try:
        workspace = open_services().workspace
        found = await asyncio.to_thread(lambda: workspace.media.get(clip_id, "thumbnail"))
    except HandpickedError as error:
        return PlainTextResponse(str(error), status_code=404)
    path = workspace.paths.media_file(found["file"]) if found else None
    if path is None or not path.is_file():
        return PlainTextResponse(f"{clip_id} has no picture", status_code=404)
    return FileResponse(path)


def media_url(file: str) -> str:
    """The address of a file below the media folder."""
    return f"{MEDIA}/{quote(file)}"


def source_url(video: Video) -> str:
    """The address of an imported video's own file."""
    return f"{SOURCE}/{quote(video.video_id)}"


def playable_url(workspace: Workspace, video: Video) -> str | None:
    """The address of something the browser can play: the source, else its preview, else None while that is made."""
    if video.browser_playable:
        return source_url(video)
    preview = workspace.media.get(video.video_id, "preview")
    return media_url(preview["file"]) if preview else None
