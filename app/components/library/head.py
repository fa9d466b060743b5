"""The Library's head: one line that stays in sight, with search, filters, order, size, display mode and count."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.clips.library_address import address_of, current_view, open_address, set_view
from app.components.feedback import show_error
from app.components.library.filters import chips
from app.components.library.map.clip_map import map_button
from app.components.library.search_bar import search_bar
from app.components.library.wall.size_slider import size_slider
from app.components.reward.verdict_strip import verdict_badge
from app.markdown_text import plain
from app.reports.number_words import number_words
from app.reports.verdicts import reward_verdict
from app.text import duration, plural
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.rows import Extent
    from storage.library.view import ClipView

__all__ = ["library_head"]

CSS = Path(__file__).with_name("library.css")
SHOWN = {
    "wall": ":material/grid_view: Wall",
    "table": ":material/table_rows: Table",
    "map": ":material/scatter_plot: Map",
    "charts": ":material/bar_chart: Charts",
    "duplicates": ":material/filter_none: Duplicates",
}
"""The ways to show a view: wall, table, map and so on."""
JUDGEMENTS = frozenset({"reward", "robot_reward", "composite_score"})
"""Numbers of which more is better."""


def library_head(services: Services, view: ClipView, extent: Extent, everything: int) -> str:
    """Draw the line; returns how the view is to be shown."""
    st.html(CSS)
    with st.container(key="library-head", gap=None):
        st.html("<h1 class='library-title'>Library</h1>")
        with st.container(key="library-line", horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
            with st.container(key="library-search-box"):
                search_bar(services, view)
            order_bar(services, view)
            shown = st.query_params.get("show", "wall")
            shown = shown if shown in SHOWN else "wall"
            if shown == "wall":
                with st.container(key="library-size-box", width=100):
                    size_slider()
            shown_bar(shown)
            with st.container(key="library-map-button", width="content"):
                map_button(shown)
            saved_views(services, view)
            undo_button(services)
            with st.container(key="library-count", width="content"):
                count(extent, everything)
        with st.container(key="library-chips"):
            chips(services, view)
            model = services.workspace.rewards.current() if view.sort == "reward" else None
            if model is not None:
                verdict_badge(reward_verdict(model.report))
    return shown


def count(extent: Extent, everything: int) -> None:
    """How many clips the view has."""
    of_all = f" of {everything:,}" if extent.clips != everything else ""
    noun = "clip" if everything == 1 else "clips"
    title = html.escape(f"{duration(extent.duration_s)} in all")
    st.html(f"<span title='{title}'><b>{extent.clips:,}</b>{of_all} {noun}</span>", width="content")


def order_bar(services: Services, view: ClipView) -> None:
    """Choose what the clips are sorted by, and which end comes first."""
    names = services.workspace.library.choices()
    searching = bool(view.similar_to or view.search)
    first = "Likeness" if searching else "Video and time"
    st.session_state["library-sort"] = view.sort if view.sort in names else ""
    st.selectbox(
        "Sort by",
        ["", *names],
        format_func=lambda name: number_words(name).title if name else first,
        key="library-sort",
        label_visibility="collapsed",
        on_change=uninterrupted(lambda: set_view(replace(current_view(), sort=st.session_state["library-sort"]))),
        width=156,
    )
    st.button(
        end_first(view),
        icon=":material/arrow_downward:" if view.descending else ":material/arrow_upward:",
        on_click=uninterrupted(lambda: set_view(replace(current_view(), descending=not view.descending))),
        key="library-order",
        help=f"{end_first(replace(view, descending=not view.descending))} instead",
        width="content",
    )


def end_first(view: ClipView) -> str:
    """Which end of the order comes first, in words."""
    if view.sort in JUDGEMENTS:
        ends = ("Best first", "Worst first")
    elif view.sort:
        ends = ("Highest first", "Lowest first")
    elif view.similar_to or view.search:
        ends = ("Most alike", "Least alike")
    else:
        ends = ("First to last", "Last to first")
    return ends[0 if view.descending else 1]


def shown_bar(shown: str) -> None:
    """Choose how the view is shown, kept in the address."""
    st.session_state["library-show"] = shown
    st.segmented_control(
        "Show",
        list(SHOWN),
        format_func=lambda key: SHOWN[key],
        required=True,
        label_visibility="collapsed",
        key="library-show",
        on_change=uninterrupted(lambda: st.query_params.update(show=st.session_state["library-show"])),
        width="content",
    )


def saved_views(services: Services, view: ClipView) -> None:
    """Open a saved view, save this one, show its SQL."""
    library = services.workspace.library
    saved = library.saved_views()
    with st.popover("Views", icon=":material/bookmark:", key="library-views", help="Saved views, and this one's SQL"):
        for name, address in saved.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    plain(name),
                    key=f"view-{name}",
                    type="tertiary",
                    on_click=uninterrupted(open_address),
                    args=(address,),
                )
                st.button(
                    "", icon=":material/delete:", key=f"forget-{name}", type="tertiary",
                    help=f"Forget {plain(name)}", on_click=library.forget_view, args=(name,),
                )  # fmt: skip
        if not saved:
            st.caption("Filters, order and search can be kept under a name.")
        with st.form("save-view", border=False):
            name = st.text_input("Name of this view", placeholder="Sharp, two hands", max_chars=80)
            if st.form_submit_button("Save this view", icon=":material/bookmark_add:"):
                save(library, name, view)
        st.caption("The SQL behind it, for `handpicked query`:")
        st.code(library.sql(view), language="sql", wrap_lines=True)


def save(library: Any, name: str, view: ClipView) -> None:
    """Save the view, or show why that failed."""
    try:
        library.save_view(name, address_of(view))
    except HandpickedError as error:
        show_error(error)
    else:
        st.rerun()


def undo_button(services: Services) -> None:
    """A button that undoes the latest tagging."""
    last = services.workspace.tags.last()
    st.button(
        "Undo",
        icon=":material/undo:",
        key="library-undo",
        disabled=last is None,
        help=f"Undo: {plain(last.title)}, {plural(last.clips, 'clip')}" if last else "Nothing to undo",
        on_click=uninterrupted(undo),
        args=(services,),
        width="content",
    )


def undo(services: Services) -> None:
    """What the button does."""
    services.workspace.tags.undo()
