"""Feeds the Library's wall: cards of a view by range, and the place of a clip in it. Reads only.

The address of a request is the view's own (`view_from_params`) and what is wanted of it:

    GET /app/feed/wall/cards?<view>&first=120&count=60[&version=…]   cards from a place on
    GET /app/feed/wall/place?<view>&clip=…[&version=…]               where a clip stands
    GET /app/feed/wall/moved?<view>&was=…&places=0-4,9-9             where clips of an earlier order stand now

`version` names an order that the wall has already: its blocks then come from that very order, whatever was written
since, so that nothing moves under a person who scrolls. Answers carry the version and the total that they are of.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from app.components.clips.card import Card, card
from app.services import open_services
from engine.errors import HandpickedError
from storage.library.view import view_from_params

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from app.services import Services
    from storage.library.order import ViewOrder
    from storage.library.view import ClipView

__all__ = ["MOST_CARDS", "WALL_FEED", "badge_of", "places_of", "wall_routes"]

WALL_FEED = "/app/feed/wall"
MOST_CARDS = 240
"""The most cards of one answer."""
MOST_PLACES = 2_000
"""The most stretches of selected clips in one address."""
WHOLE = re.compile(r"\d{1,9}", re.ASCII)
STRETCH = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class CardsAnswer:
    """Cards from place `first` on; None for a clip that is gone."""

    version: str
    total: int
    first: int
    cards: list[Card | None]


@dataclass(frozen=True, kw_only=True)
class PlaceAnswer:
    """Where a clip stands, from 0; None where the view does not hold it."""

    version: str
    total: int
    place: int | None


@dataclass(frozen=True, kw_only=True)
class MovedAnswer:
    """Where clips stand now, as stretches `[first, last]`; None where the earlier order is not known any more."""

    version: str
    total: int
    places: list[tuple[int, int]] | None


Answer = CardsAnswer | PlaceAnswer | MovedAnswer
Question = dict[str, str]


def wall_routes() -> list[BaseRoute]:
    """The routes for `st.App`."""
    return [
        Route(f"{WALL_FEED}/{name}", _endpoint(answer), methods=["GET"])
        for name, answer in (("cards", _cards), ("place", _place), ("moved", _moved))
    ]


def badge_of(view: ClipView) -> str:
    """The column whose number stands on the cards of a view."""
    return view.sort or "likeness"


def places_of(text: str) -> list[tuple[int, int]]:
    """Stretches of places as an address has them, `0-4,9-9`; what is no stretch is left out."""
    parts = (STRETCH.fullmatch(part) for part in text.split(",")[:MOST_PLACES])
    return [(int(ends[1]), int(ends[2])) for ends in parts if ends]


def _endpoint(answer: Callable[[Services, ClipView, Question], Answer]) -> Callable[[Request], object]:
    async def serve(request: Request) -> Response:
        """One question about a view, answered from the store in a thread of its own."""
        params = {key: request.query_params.getlist(key) for key in request.query_params}
        question = {key: values[-1] for key, values in params.items()}
        try:
            found = await asyncio.to_thread(lambda: answer(open_services(), view_from_params(params), question))
        except HandpickedError as error:
            return JSONResponse({"problem": str(error)}, status_code=400)
        return JSONResponse(asdict(found), headers={"Cache-Control": "no-store"})

    return serve


def _order(services: Services, view: ClipView, version: str) -> ViewOrder:
    """The order that is asked for by its version, or today's where there is none of that version."""
    library = services.workspace.library
    return (library.order_named(view, version) if version else None) or library.order(view)


def _cards(services: Services, view: ClipView, question: Question) -> CardsAnswer:
    order = _order(services, view, question.get("version", ""))
    first = min(_whole(question, "first", 0), len(order))
    places = order.part(first, min(MOST_CARDS, _whole(question, "count", MOST_CARDS)))
    rows = {row.clip_id: card(row, badge_of(view)) for row in services.workspace.library.shown(places)}
    cards = [rows.get(clip_id) for clip_id, _ in places]
    return CardsAnswer(version=order.version, total=len(order), first=first, cards=cards)


def _place(services: Services, view: ClipView, question: Question) -> PlaceAnswer:
    order = _order(services, view, question.get("version", ""))
    return PlaceAnswer(version=order.version, total=len(order), place=order.place(question.get("clip", "")))


def _moved(services: Services, view: ClipView, question: Question) -> MovedAnswer:
    library = services.workspace.library
    before, now = library.order_named(view, question.get("was", "")), library.order(view)
    places = None if before is None else now.places(before.ids(places_of(question.get("places", ""))))
    return MovedAnswer(version=now.version, total=len(now), places=places)


def _whole(question: Mapping[str, str], name: str, otherwise: int) -> int:
    """A whole number of the question's, from 0; what is none counts as not given."""
    text = question.get(name, "")
    return int(text) if WHOLE.fullmatch(text) else otherwise
