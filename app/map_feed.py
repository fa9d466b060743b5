"""Feeds the Library's map: all its points with their colours, and which of them a view holds. Reads only.

    GET /app/feed/map/points?column=…   coordinates and colours, packed; the clips' ids
    GET /app/feed/map/inside?<view>     for each point, in the same order, how the view takes it (`OUT` and so on)

Of very many clips the map holds a sample (`MOST_ON_MAP`), so an answer is 6 MB at the most and asks for no list of a
view's clips. Points come once and again when the map or its colours are made anew; a view's part comes with each change
of it.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.services import open_services
from engine.errors import HandpickedError
from storage.library.view import ClipView, view_from_params

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from app.services import Services

__all__ = ["CLASSES", "LASSO", "MAP_FEED", "map_points_answer", "map_routes"]

MAP_FEED = "/app/feed/map"
LASSO = "lasso on the map"
"""The title of a selection that was drawn on the map: the next one replaces it."""
CLASSES = ("source", "video")
"""Columns that hold names, not numbers: their colours are no scale."""
SHADES = 9
MOST_CLASSES = 10
OUT, LASSOED_OUT, IN = 0, 1, 2
"""How a view takes a point: its filters keep it out; only the lasso does; it is in."""


@dataclass(frozen=True, kw_only=True)
class PointsAnswer:
    """The points of the map. Packed are 32-bit numbers, little-endian, in base 64."""

    x: str
    y: str
    bucket: str
    """Each point's colour; -1 for none."""
    value: str
    """The number that its colour stands for, or the place of its name in `names`."""
    video: str
    """The place of its video's name in `videos`."""
    clip_ids: list[str]
    videos: list[str]
    names: list[str]
    classes: list[str]
    """What each colour stands for, where they are no scale."""
    low: float | None
    """The scale's ends, without the outermost 2 %; None where colours are no scale."""
    high: float | None


@dataclass(frozen=True, kw_only=True)
class InsideAnswer:
    """How the view takes each point, as packed bytes, and how many of its clips have no point."""

    states: str
    inside: int
    missing: int


def map_routes() -> list[BaseRoute]:
    """The routes for `st.App`."""
    return [
        Route(f"{MAP_FEED}/{name}", _endpoint(answer), methods=["GET"])
        for name, answer in (("points", _points), ("inside", _inside))
    ]


def map_points_answer(points: pa.Table, column: str) -> PointsAnswer:
    """The points as sent to the browser. `points` has `clip_id`, `x`, `y`, `video` and `value`, of `column`."""
    video = points.column("video").combine_chunks().dictionary_encode()
    names: list[str] = []
    classes: list[str] = []
    low = high = None
    if column in CLASSES:
        coded = points.column("value").combine_chunks().dictionary_encode()
        names, at = coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
        common = np.argsort(-np.bincount(at, minlength=len(names)), kind="stable")[:MOST_CLASSES]
        place = np.full(len(names), -1)
        place[common] = np.arange(len(common))
        bucket, value = place[at], at
        classes = [names[n] for n in common]
    else:
        value = points.column("value").cast("float64").to_numpy(zero_copy_only=False)
        bucket, low, high = shades(value)
    return PointsAnswer(
        x=packed(points.column("x").to_numpy()),
        y=packed(points.column("y").to_numpy()),
        bucket=packed(bucket),
        value=packed(value),
        video=packed(video.indices.to_numpy(zero_copy_only=False)),
        clip_ids=points.column("clip_id").to_pylist(),
        videos=video.dictionary.to_pylist(),
        names=names,
        classes=classes,
        low=low,
        high=high,
    )


def packed(numbers: NDArray[np.generic]) -> str:
    """Numbers as text that the browser reads at once."""
    return base64.b64encode(numbers.astype("<f4").tobytes()).decode()


def shades(numbers: NDArray[np.float64]) -> tuple[NDArray[np.int64], float | None, float | None]:
    """Each number's colour index, -1 where missing, and the ends of the scale, without the outermost 2 %."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return np.full(len(numbers), -1), None, None
    low, high = np.quantile(known, [0.02, 0.98])
    share = (numbers - low) / ((high - low) or 1.0)
    bucket = np.clip(np.nan_to_num(share, nan=-1) * SHADES, 0, SHADES - 1).astype(int)
    return np.where(np.isfinite(numbers), bucket, -1), float(low), float(high)


def _endpoint(
    answer: Callable[[Services, Mapping[str, Sequence[str]]], PointsAnswer | InsideAnswer],
) -> Callable[[Request], object]:
    async def serve(request: Request) -> Response:
        """One question about the map, answered from the store in a thread of its own."""
        params = {key: request.query_params.getlist(key) for key in request.query_params}

        def respond() -> Response:
            try:
                return JSONResponse(asdict(answer(open_services(), params)), headers={"Cache-Control": "no-store"})
            except HandpickedError as error:
                return JSONResponse({"problem": str(error)}, status_code=400)

        return await asyncio.to_thread(respond)

    return serve


def _points(services: Services, params: Mapping[str, Sequence[str]]) -> PointsAnswer:
    column = [*params.get("column", ()), ""][0] or CLASSES[0]
    return map_points_answer(services.workspace.likeness.map_points(ClipView(), column), column)


def _inside(services: Services, params: Mapping[str, Sequence[str]]) -> InsideAnswer:
    view = view_from_params(params)
    library, likeness = services.workspace.library, services.workspace.likeness
    ids = likeness.map_ids()
    inside = pc.is_in(ids, value_set=likeness.map_ids_of(view)).to_numpy()
    states = np.where(inside, IN, OUT).astype(np.uint8)
    lasso = library.selection(view.selection) if view.selection else None
    if lasso and lasso[0] == LASSO:
        others = likeness.map_ids_of(replace(view, selection=""))
        states[~inside & pc.is_in(ids, value_set=others).to_numpy()] = LASSOED_OUT
    count = int(inside.sum())
    missing = library.extent(view).clips - count
    return InsideAnswer(states=base64.b64encode(states.tobytes()).decode(), inside=count, missing=missing)
