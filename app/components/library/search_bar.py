"""The bar above the clips: search, order, display mode, saved views."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.clips.library_address import address_of, current_view, open_address, set_view
from app.components.feedback import code, plain, show_error
from app.workflows.encoding import search_for
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["order_bar", "saved_views", "search_bar", "search_notes", "shown_bar"]

SHOWN = {
    "wall": ":material/grid_view: Wall",
    "table": ":material/table_rows: Table",
    "map": ":material/scatter_plot: Map",
    "charts": ":material/bar_chart: Charts",
    "duplicates": ":material/filter_none: Duplicates",
}
"""The ways to show a view: wall, table, map and so on."""
SAID = "library-search-said"
HOW_KEY = "library-how"
HOW = {"narration": "Narration", "picture": "What is in the picture", "image": "A picture of mine"}


def search_bar(services: Services, view: ClipView) -> None:
    """Search by words of the narration, or by likeness to a text or a picture where the embedding allows it."""
    how = st.selectbox("Search in", list(HOW), format_func=lambda key: HOW[key], key=HOW_KEY, width=160)
    if how == "image":
        upload = st.file_uploader("Picture", type=["jpg", "jpeg", "png", "webp"], key="library-image")
        if upload is not None:
            content = upload.getvalue()
            st.button("Search", type="primary", on_click=search_by, args=(services, "image", upload.name, content))
        return
    key = f"library-search-{how}"
    if how == "narration":
        st.session_state[key] = view.narration
    st.text_input(
        "Search",
        placeholder="Words of the narration" if how == "narration" else "a hand opens a drawer",
        icon=":material/search:",
        key=key,
        on_change=searched,
        args=(services, how, key),
        width="stretch",
    )


def search_notes(services: Services) -> None:
    """Show why a search is not possible, and the last one's error."""
    how = st.session_state.get(HOW_KEY, "narration")
    if how != "narration":
        explain(services.workspace.features.embedding_model(), how)
    if SAID in st.session_state:
        st.error(plain(st.session_state.pop(SAID)), icon=":material/error:")


def shown_bar() -> str:
    """Choose how the view is shown, kept in the address."""
    asked = st.query_params.get("show", "wall")
    st.session_state["library-show"] = asked if asked in SHOWN else "wall"
    st.segmented_control(
        "Show",
        list(SHOWN),
        format_func=lambda key: SHOWN[key],
        required=True,
        label_visibility="collapsed",
        key="library-show",
        on_change=lambda: st.query_params.update(show=st.session_state["library-show"]),
    )
    shown: str = st.session_state["library-show"]
    return shown


def explain(model: str | None, how: str) -> None:
    """Why search by likeness is not possible; empty where it is."""
    if model is None:
        st.caption("No clip has an embedding yet: extract features from the Overview first.")
    elif how == "picture" and "/" not in model:
        st.caption(
            f"The embeddings are by the fallback {code(model)}, which knows pictures only: text can't be searched for. "
            "With CLIP's weights (see `handpicked doctor`) it can. Searching by a picture works."
        )


def searched(services: Services, how: str, key: str) -> None:
    """Run the search when Enter is pressed in its field."""
    text = st.session_state[key].strip()
    if how == "narration":
        set_view(replace(current_view(), narration=text))
    elif text:
        search_by(services, "text", text, text.encode())


def search_by(services: Services, kind: str, title: str, content: bytes) -> None:
    """Embed a text or a picture, and order the view by likeness to it."""
    try:
        found = search_for(services.workspace, kind, title, content)
    except HandpickedError as error:
        st.session_state[SAID] = str(error)
        return
    set_view(replace(current_view(), search=found, similar_to="", sort="", descending=True))


def order_bar(services: Services, view: ClipView) -> None:
    """Choose the sort key, its direction, and the numbers shown."""
    names = services.workspace.library.choices()
    searching = bool(view.similar_to or view.search)
    first = "Likeness" if searching else "Video and time"
    st.session_state["library-sort"] = view.sort if view.sort in names else ""
    st.selectbox(
        "Order by",
        ["", *names],
        format_func=lambda name: name or first,
        key="library-sort",
        on_change=lambda: set_view(replace(current_view(), sort=st.session_state["library-sort"])),
        width=220,
    )
    st.button(
        "",
        icon=":material/arrow_downward:" if view.descending else ":material/arrow_upward:",
        on_click=lambda: set_view(replace(current_view(), descending=not view.descending)),
        key="library-order",
        disabled=not view.sort and not searching,
        help=f"{'Highest' if view.descending else 'Lowest'} first; press to turn it round",
    )


def saved_views(services: Services, view: ClipView) -> None:
    """Open a saved view, save this one, show its SQL."""
    library = services.workspace.library
    saved = library.saved_views()
    with st.popover("Views", icon=":material/bookmark:"):
        for name, address in saved.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(plain(name), key=f"view-{name}", type="tertiary", on_click=open_address, args=(address,))
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
