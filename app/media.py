"""Serves media to the browser: the workspace's media folder, and imported videos by id, with HTTP ranges."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles

from app.member_response import MemberResponse
from app.services import open_services
from engine.errors import HandpickedError
from storage.paths import WorkspacePaths
from storage.workspace import default_workspace_path

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from storage import Workspace
    from storage.clips import ClipPlayback
    from storage.videos import Video

__all__ = ["THUMBNAIL", "Footage", "footage_of", "footage_of_clip", "media_routes", "media_url", "source_url"]

MEDIA = "/app/static/media"
SOURCE = "/app/static/source"
THUMBNAIL = "/app/static/thumbnail"
"""Path of thumbnails by clip id, for the map: it draws a hundred thousand clips and shows one picture at a time."""
ANSWER_BYTES = 2 << 20
"""The most bytes in one answer to a request for everything from an offset on."""


class InPieces:
    """Answers `Range: bytes=N-` with a limited piece, as RFC 9110 (15.3.7) allows; a player requests more as needed.

    Chromium keeps the connection of a long video open for as long as its player has buffered enough, and has six
    connections to a server. With the rest of the file as the answer, three pairs of long videos would hold them all,
    and nothing else of the app would load.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Limit an open range, and pass every other request on unchanged."""
        if scope["type"] == "http":
            scope = {**scope, "headers": list(scope["headers"])}
            headers = MutableHeaders(scope=scope)
            if asked := re.fullmatch(r"bytes=(\d+)-", headers.get("range", "").replace(" ", "")):
                start = int(asked.group(1))
                headers["range"] = f"bytes={start}-{start + ANSWER_BYTES - 1}"
        await self._app(scope, receive, send)


def media_routes() -> list[BaseRoute]:
    """The routes for `st.App`."""
    try:
        folder = WorkspacePaths(default_workspace_path()).media
    except HandpickedError:
        return []  # no workspace is open: the pages show why
    return [
        Mount(MEDIA, InPieces(StaticFiles(directory=folder, check_dir=False))),
        Mount(SOURCE, InPieces(Router([Route("/{video_id}", serve_source)]))),
        Route(f"{THUMBNAIL}/{{clip_id}}", serve_thumbnail),
    ]


async def serve_source(request: Request) -> Response:
    """The file of an imported video, or the member of a tar that it is. Only what the video table names is served."""
    try:
        video = await asyncio.to_thread(lambda: open_services().workspace.videos.get(request.path_params["video_id"]))
        place = video.place
    except HandpickedError as error:
        return PlainTextResponse(str(error), status_code=404)
    if not await asyncio.to_thread(place.is_file):
        changed = await asyncio.to_thread(place.is_changed)
        gone = "holds something else now" if changed else "is not there any more"
        return PlainTextResponse(f"{place.file} {gone}", status_code=404)
    media_type = "video/webm" if video.container == "webm" else "video/mp4"
    return (
        FileResponse(place.file, media_type=media_type) if place.member is None else MemberResponse(place, media_type)
    )


async def serve_thumbnail(request: Request) -> Response:
    """The picture of a clip."""
    clip_id = request.path_params["clip_id"]
    try:
        workspace = open_services().workspace
        found = await asyncio.to_thread(lambda: workspace.media.get(clip_id, "thumbnail"))
    except HandpickedError as error:
        return PlainTextResponse(str(error), status_code=404)
    path = workspace.paths.media_file(found.file) if found else None
    if path is None or not path.is_file():
        return PlainTextResponse(f"{clip_id} has no picture", status_code=404)
    return FileResponse(path)


def media_url(file: str) -> str:
    """The address of a file below the media folder."""
    return f"{MEDIA}/{quote(file)}"


def source_url(video_id: str) -> str:
    """The address of an imported video's own file."""
    return f"{SOURCE}/{quote(video_id)}"


@dataclass(frozen=True)
class Footage:
    """The file that a browser plays for a video, and the time on its player's clock at which the first frame shows."""

    url: str
    zero_s: float

    def window(self, start_s: float, end_s: float) -> str:
        """The address of one window; times count from the first frame, as everywhere in Handpicked."""
        begin_s, stop_s = (max(0.0, at_s + self.zero_s) for at_s in (start_s, end_s))
        return f"{self.url}#t={begin_s:.3f},{stop_s:.3f}"


def footage_of(workspace: Workspace, video: Video) -> Footage | None:
    """The file that a browser plays for a video: its own, else its preview, else None while there is none."""
    preview = workspace.media.get(video.video_id, "preview")
    return _footage(video.video_id, video.player_zero_s, preview.file if preview else None)


def footage_of_clip(clip: ClipPlayback) -> Footage | None:
    """What a browser plays of a clip's video."""
    return _footage(clip.video_id, clip.player_zero_s, clip.preview)


def _footage(video_id: str, player_zero_s: float | None, preview: str | None) -> Footage | None:
    if player_zero_s is not None:
        return Footage(source_url(video_id), player_zero_s)
    # A preview's first frame is at time zero of its player.
    return Footage(media_url(preview), 0.0) if preview else None
