"""Feeds the Library's filter panel: the counts of a view, by number, flag and list. Reads only.

    GET /app/feed/filters?<view>

The address is the view's own (`view_from_params`): what is invalid in it is ignored, and an unknown number is answered
with 400 and a sentence. `stale` tells that something was written since these counts were read.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from app.services import open_services
from engine.errors import HandpickedError
from storage.library.view import view_from_params

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["FILTER_FEED", "counts_answer", "filter_routes"]

FILTER_FEED = "/app/feed/filters"


def filter_routes() -> list[BaseRoute]:
    """The route for `st.App`."""
    return [Route(FILTER_FEED, _serve, methods=["GET"])]


def counts_answer(services: Services, view: ClipView) -> dict[str, Any]:
    """What the panel shows of a view, as plain data."""
    library = services.workspace.library
    found, changes = library.counts(view)
    return {**asdict(found), "stale": changes != library.changes}


async def _serve(request: Request) -> Response:
    params = {key: request.query_params.getlist(key) for key in request.query_params}
    try:
        answer = await asyncio.to_thread(lambda: counts_answer(open_services(), view_from_params(params)))
    except HandpickedError as error:
        return JSONResponse({"problem": str(error)}, status_code=400)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})
