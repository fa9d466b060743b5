"""The embedding map: a view's clips as points, similar ones close together; a lasso makes them the view."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from app.components.browser.script import component_script
from app.components.clips.library_address import open_clip, pick
from app.components.feedback import code
from app.components.jobs.run_watch import run_watch
from app.components.jobs.waiting import making_words
from app.components.states.empty import empty_state
from app.media import THUMBNAIL
from app.reports.number_words import number_words
from app.text import named, plural
from app.workflows.likeness import map_job
from storage.jobs import ACTIVE
from storage.library.view import ClipView

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from app.services import Services
    from engine.likeness.projection import Method
    from storage.jobs import Job
    from storage.likeness import MapState

__all__ = ["embedding_map"]

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "clip_map",
    html="<div class='root'></div>\n",
    css=(HERE / "map.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "map.js"),
)
SHADES = 9
MOST_CLASSES = 10
METHODS: dict[Method, str] = {"umap": "UMAP: neighbours stay together", "pca": "PCA: quick, keeps the large directions"}


def embedding_map(services: Services, view: ClipView) -> None:
    """Draw the map, or the button that makes it."""
    workspace = services.workspace
    model = workspace.features.embedding_model()
    if model is None:
        with empty_state(":material/scatter_plot:", "No map yet", "A map is made of the clips' embeddings."):
            st.page_link("../pages/overview.py", label="Extract features", icon=":material/straighten:")
        return
    state = workspace.likeness.map_state()
    if begun(services, state):
        st.rerun()
    running = workspace.jobs.find(states=ACTIVE, kind="map")
    if state is None and running:
        st.caption("The map is on its way: the large directions first, then the one that keeps neighbours together.")
        run_watch(services, "map")
        return
    if state is None:
        with empty_state(
            ":material/scatter_plot:",
            "No map yet",
            "Clips that look alike come to lie near one another. Made in the background from the embeddings.",
        ):
            make(services, running)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = ["source", "video", *workspace.library.choices()]
        first = next((names.index(name) for name in ("reward", "composite_score") if name in names), 0)
        column = st.selectbox(
            "Colour by",
            names,
            index=first,
            format_func=lambda name: number_words(name).title,
            key="map-colour",
            width=280,
        )
        with st.popover("Make it anew", icon=":material/refresh:"):
            make(services, running)
    points = workspace.likeness.map_points(ClipView(), column)
    inside = workspace.likeness.map_points(view, None).column("clip_id")
    if points.num_rows:
        drawn = _component(
            data=as_drawn(points, column, inside),
            key="clip-map",
            on_picked_change=lambda: None,
            on_open_change=lambda: None,
        )
        if drawn.picked:
            pick(services, drawn.picked, "lasso on the map")
            st.rerun()
        if drawn.open:
            open_clip(drawn.open)
            st.rerun()
    lacking = workspace.library.extent(view).clips - len(inside)
    if running:
        run_watch(services, "map")
    left_out = (
        f" {plural(lacking, 'clip')} of the view came after it was made, or have no embedding." if lacking else ""
    )
    old = f" The embeddings are by {code(model)} now: make it anew." if state.model != model else ""
    st.caption(f"{state.method.upper()} of the embeddings by {code(state.model)}.{left_out}{old}")


def begun(services: Services, state: MapState | None) -> bool:
    """Start the first map by itself: PCA, which takes a moment, then UMAP in its place. What failed is not repeated."""
    before = services.workspace.jobs.find(kind="map", limit=2)
    if any(job.state != "done" for job in before) or len(before) > 1 or (state is None) != (not before):
        return False
    job = map_job(services.workspace, "umap" if before else "pca")
    services.supervisor.submit(job.title, job.spec)
    return True


def make(services: Services, running: list[Job]) -> None:
    """Choose the method, and start the job."""
    method = st.radio("How", list(METHODS), format_func=named(METHODS), key="map-method")
    if st.button("Make the map", type="primary", disabled=bool(running), key="map-make"):
        job = map_job(services.workspace, method)
        services.supervisor.submit(job.title, job.spec)
        st.rerun()
    if running:
        st.caption(f"The map {making_words(services, running)}; see the tray.")


def as_drawn(points: pa.Table, column: str, inside: pa.ChunkedArray | None = None) -> dict[str, Any]:
    """The points as sent to the browser: coordinates and colour buckets packed, ids as text.

    `inside` holds the clips of the view, all by default: the others are drawn pale, and a lasso passes over them.
    """
    ids = points.column("clip_id")
    shown = np.ones(len(ids)) if inside is None else pc.is_in(ids, value_set=inside).to_numpy()
    x = points.column("x").to_numpy().astype(np.float32)
    y = points.column("y").to_numpy().astype(np.float32)
    values = points.column("value").to_pylist()
    classes: list[str] = []
    low = high = ""
    if column in ("source", "video"):
        counts: dict[str, int] = {}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
        classes = sorted(counts, key=lambda name: -counts[name])[:MOST_CLASSES]
        place = {name: n for n, name in enumerate(classes)}
        bucket = np.array([place.get(value, -1) for value in values], np.float32)
    else:
        numbers = np.array([np.nan if value is None else value for value in values], float)
        bucket, low, high = shades(numbers)
        values = [None if value is None else f"{value:.4g}" for value in values]
    packed = [base64.b64encode(part.astype("<f4").tobytes()).decode() for part in (x, y, bucket, shown)]
    return {
        "x": packed[0],
        "y": packed[1],
        "bucket": packed[2],
        "inside": packed[3],
        "clip_ids": ids.to_pylist(),
        "values": values,
        "classes": classes,
        "low": low,
        "high": high,
        "column": column,
        "thumbnails": THUMBNAIL,
        "stamp": hashlib.sha256("".join([*packed, column]).encode()).hexdigest(),
    }


def shades(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float32], str, str]:
    """Each number's colour index, -1 where missing, and the ends of the scale, without the outermost 2 %."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return np.full(len(numbers), -1, np.float32), "", ""
    low, high = np.quantile(known, [0.02, 0.98])
    share = (numbers - low) / ((high - low) or 1.0)
    bucket = np.clip(np.nan_to_num(share, nan=-1) * SHADES, 0, SHADES - 1).astype(int)
    return np.where(np.isfinite(numbers), bucket, -1).astype(np.float32), f"{low:.3g}", f"{high:.3g}"
