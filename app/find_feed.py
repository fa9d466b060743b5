"""Answers the palette: videos and clips by what was typed, as JSON."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from app.services import open_services
from app.text import one_line, timecode
from engine.errors import HandpickedError
from storage.library.view import ClipView

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from storage import Workspace

__all__ = ["FIND", "entry", "find_routes", "found"]

FIND = "/app/static/find"
MOST = 6
MOST_LETTERS = 200


def find_routes() -> list[BaseRoute]:
    """The route for `st.App`."""
    return [Route(FIND, serve_found, methods=["GET"])]


async def serve_found(request: Request) -> Response:
    """Videos and clips whose names, narrations or ids fit the parameter `q`."""
    typed = request.query_params.get("q", "").strip()[:MOST_LETTERS]
    try:
        return JSONResponse(await asyncio.to_thread(lambda: found(open_services().workspace, typed)))
    except HandpickedError as error:
        return JSONResponse({"error": str(error)}, status_code=404)


def entry(kind: str, title: str, target: str) -> dict[str, str]:
    """One line of the palette."""
    return {"kind": kind, "title": one_line(title), "target": target}


def found(workspace: Workspace, typed: str) -> list[dict[str, str]]:
    """A few videos, then a few clips."""
    if not typed:
        return []
    videos = [
        entry("Video", listed.video.name, f"video:{listed.video.video_id}")
        for listed in workspace.videos.overview(search=typed, limit=MOST)
    ]
    rows = [
        *workspace.library.rows([typed]),
        *workspace.library.page(ClipView(narration=typed), limit=MOST),
    ]
    clips = [
        entry("Clip", f"{row.narration or row.video_name}, {timecode(row.start_s)}", f"clip:{row.clip_id}")
        for row in rows
    ]
    return [*videos, *clips]
