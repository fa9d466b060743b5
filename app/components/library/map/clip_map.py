"""The map of embeddings, beside the wall or in its place; a lasso on it makes clips the view.

The points come from a feed, so that a run of the page sends none of them: a hundred thousand are 6 MB.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.browser.script import component_script
from app.components.clips.library_address import MAP, open_clip, pick
from app.components.jobs.run_watch import run_watch
from app.components.states.empty import empty_state, leads_to
from app.components.states.running import watch_jobs
from app.components.states.waiting import making_words
from app.map_feed import CLASSES, LASSO, MAP_FEED
from app.markdown_text import code
from app.media import THUMBNAIL
from app.reports.number_words import axis_title, number_words
from app.text import named
from app.workflows.likeness import MOST_ON_MAP, map_job
from storage.jobs import ACTIVE
from storage.library.view import view_params

if TYPE_CHECKING:
    from app.services import Services
    from engine.likeness.projection import Method
    from storage.jobs import Job
    from storage.library.view import ClipView
    from storage.likeness import MapState

__all__ = ["BESIDE", "embedding_map", "is_beside", "map_button"]

HERE = Path(__file__).parent
KEY = "clip-map"
BUTTON = "map-button"
BESIDE = "beside"
"""Value of the address's parameter `map`."""
_component = st.components.v2.component(
    "clip_map",
    html="<div class='root'></div>\n",
    css=(HERE / "map.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "map.js"),
)
_button = st.components.v2.component(
    "map_button",
    html="<div class='root'></div>\n",
    css=(HERE / "map_button.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "map_button.js"),
)
SAMPLE = "a sample of the clips"
METHODS: dict[Method, str] = {"umap": "UMAP: neighbours stay together", "pca": "PCA: quick, keeps the large directions"}


def is_beside(shown: str) -> bool:
    """Whether the map lies beside the clips: it does so beside the wall only."""
    return shown == "wall" and st.query_params.get(MAP) == BESIDE


def map_button(shown: str) -> None:
    """The button in the Library's head, and the key M, that put the map beside the wall or take it away."""
    _button(key=BUTTON, data={"on": is_beside(shown)}, on_wanted_change=uninterrupted(set_beside))


def set_beside() -> None:
    """Put the map beside the wall, or take it away, as the browser says."""
    wanted = st.session_state[BUTTON].get("wanted")
    if wanted == "yes":
        st.query_params[MAP] = BESIDE
        st.query_params.pop("show", None)
    elif wanted == "no":
        st.query_params.pop(MAP, None)


def embedding_map(services: Services, view: ClipView, *, beside: bool = False) -> None:
    """Draw the map, or what it takes to make it: `beside` the wall, or in its place."""
    workspace = services.workspace
    model = workspace.features.embedding_model()
    state = workspace.likeness.map_state() if model else None
    if beside and state is None:
        map_head()
    if model is None:
        with empty_state(":material/scatter_plot:", "No map yet", "A map is made of the clips' embeddings."):
            leads_to("overview.py", "Extract features", icon=":material/straighten:")
        return
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
    is_sample = state.clips >= MOST_ON_MAP and workspace.likeness.embedded(state.model) > state.clips
    notes = (SAMPLE if is_sample else "", "another map is on its way" if running else "")
    draw(services, view, state, beside=beside, note=" · ".join(filter(None, notes)))
    if beside:
        if running:
            # Its map takes the place of this one.
            watch_jobs(services, running[-1:], lambda _jobs: None)
        return
    if running:
        run_watch(services, "map")
    with st.container(horizontal=True, vertical_alignment="center"):
        old = f" The embeddings are by {code(model)} now: make it again." if state.model != model else ""
        some = f" It shows a fixed sample of {state.clips:,} clips; filters hold for all." if is_sample else ""
        st.caption(f"{state.method.upper()} of the embeddings by {code(state.model)}.{some}{old}", width="content")
        with st.popover("Make it again", icon=":material/refresh:", type="tertiary"):
            make(services, running)


def map_head() -> None:
    """The panel's head where there is no map to have one."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown("**Map**", width="content")
        st.button(
            "",
            icon=":material/close:",
            key="map-close",
            type="tertiary",
            help="Close the map (M)",
            on_click=uninterrupted(close),
        )


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the map's part in the browser gets."""

    feed: str
    view: str
    """The view's address."""
    beside: bool
    mark: str
    method: str
    note: str
    numbers: str
    """Colours are fetched again when this changes: not with every tag."""
    changes: int
    columns: dict[str, str]
    """What can colour the points → its title."""
    first: str
    meanings: dict[str, str]
    thumbnails: str


def draw(services: Services, view: ClipView, state: MapState, *, beside: bool, note: str) -> None:
    """Mount the map."""
    workspace = services.workspace
    columns = [*CLASSES, *workspace.library.choices()]
    reward = workspace.rewards.current()
    latest = next(iter(workspace.jobs.find(states=("done",), limit=1)), None)
    shown = Shown(
        feed=MAP_FEED,
        view=urlencode(view_params(view), doseq=True),
        beside=beside,
        mark=state.mark,
        method=state.method.upper(),
        note=note,
        numbers=f"{reward.model_id if reward else ''} {latest.job_id if latest else ''}",
        changes=workspace.library.changes,
        columns={name: axis_title(name) if name not in CLASSES else name.capitalize() for name in columns},
        first=next((name for name in ("reward", "composite_score") if name in columns), CLASSES[0]),
        meanings={name: number_words(name).meaning for name in columns if name not in CLASSES},
        thumbnails=THUMBNAIL,
    )
    _component(
        data=asdict(shown),
        key=KEY,
        on_picked_change=uninterrupted(lambda: take_lasso(services)),
        on_open_change=uninterrupted(take_click),
        on_large_change=uninterrupted(enlarge),
        on_closed_change=uninterrupted(close),
    )


def take_lasso(services: Services) -> None:
    """Restrict the view to the clips inside a lasso."""
    picked = st.session_state[KEY].get("picked")
    if picked:
        pick(services, [str(clip_id) for clip_id in picked], LASSO)


def take_click() -> None:
    """Open the clip whose point was clicked."""
    clip_id = st.session_state[KEY].get("open")
    if clip_id:
        open_clip(str(clip_id))


def enlarge() -> None:
    """Show the map in the wall's place, or again beside it, as the browser says."""
    large = st.session_state[KEY].get("large")
    if large == "yes":
        st.query_params.update(show="map")
    elif large == "no":
        st.query_params[MAP] = BESIDE
        st.query_params.pop("show", None)


def close() -> None:
    """Take the map away from the wall's side."""
    st.query_params.pop(MAP, None)


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
