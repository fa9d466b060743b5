"""The view in the page's address: a reload, a bookmark and a colleague see the same clips."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

import streamlit as st

from app.navigation import ARRIVED
from storage.library.view import ClipView, view_from_params, view_params

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.services import Services

__all__ = [
    "LIBRARY",
    "address_of",
    "current_view",
    "go_to_clip",
    "library_link",
    "names_of",
    "open_address",
    "open_clip",
    "open_in_library",
    "page_bar",
    "pick",
    "restore",
    "set_view",
]

LIBRARY = "../pages/library.py"
OWN = ("show", "clip", "page")
"""Parameters of the address that are not the view's: what is shown of it, the clip that is open, the page."""
REMEMBERED = "library-address"
"""The view that this session looked at last, without the clip that was open: that one is left by going away."""
JUMPS = "library-jumps"
MANY_PAGES = 7
"""From more than this on, a page can be asked for by its number."""
HANDED = "library_clip_ids"
"""Other pages leave clips here for the Library to show."""


def restore(services: Services) -> None:
    """Called first: takes clips that another page handed over, or goes back to the view that this session had.

    Only who comes from another page is taken back: on the Library itself an empty address is meant, by a link, by the
    browser's Back, or because the last filter was taken away.
    """
    handed = st.session_state.pop(HANDED, None)
    if handed:
        set_view(ClipView(selection=services.workspace.library.keep_selection(handed, "picked clips")))
    elif not st.query_params and st.session_state.get(ARRIVED) and st.session_state.get(REMEMBERED):
        open_address(st.session_state[REMEMBERED])
    kept = {name: values for name, values in everything().items() if name != "clip"}
    st.session_state[REMEMBERED] = urlencode(kept, doseq=True)


def everything() -> dict[str, list[str]]:
    """The address as it is."""
    return {key: st.query_params.get_all(key) for key in st.query_params}


def current_view() -> ClipView:
    """The view that the address names."""
    return view_from_params(everything())


def set_view(view: ClipView) -> None:
    """Put a view into the address, from its first page; what of it is shown stays."""
    show = {"show": [st.query_params["show"]]} if "show" in st.query_params else {}
    st.query_params.from_dict({**view_params(view), **show})


def address_of(view: ClipView) -> str:
    """A view as text, to be kept."""
    return urlencode(view_params(view), doseq=True)


def open_address(address: str) -> None:
    """Go to a view that was kept."""
    st.query_params.from_dict(parse_qs(address))


def open_clip(clip_id: str | None) -> None:
    """Open a clip, or close it."""
    if clip_id is None:
        st.query_params.pop("clip", None)
    else:
        st.query_params["clip"] = clip_id


def page_bar(view: ClipView, pages: int) -> int:
    """Which page of a view is shown, from 1; the address says it too. Another view begins at its first."""
    asked = st.query_params.get("page", "1")
    first = min(pages, max(1, int(asked))) if asked.isdecimal() else 1
    if pages <= 1:
        return 1
    # After a jump it is another widget, which begins at the page of the address.
    jumps = st.session_state.get(JUMPS, 0)
    said = f"{address_of(view)} {pages} {jumps}"
    key = f"library-page-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    if pages > MANY_PAGES:
        st.number_input(
            "Page", 1, pages, first, key=f"{key}-jump", width=130, label_visibility="collapsed",
            help="Jump to a page", on_change=lambda: jump(st.session_state[f"{key}-jump"]),
        )  # fmt: skip
    return st.pagination(
        pages,
        default=first,
        key=key,
        width=390,
        on_change=lambda: st.query_params.update(page=str(st.session_state[key])),
    )


def jump(page: int) -> None:
    """Go to a page by its number."""
    st.query_params["page"] = str(page)
    st.session_state[JUMPS] = st.session_state.get(JUMPS, 0) + 1


def go_to_clip(clip_id: str, *, here: bool) -> None:
    """Open a clip's own page: `here`, on the Library, with its view behind it, or from any other page."""
    if here:
        open_clip(clip_id)
        st.rerun()
    st.switch_page(LIBRARY, query_params={"clip": clip_id})


def library_link(clip_ids: Sequence[str], *, key: str) -> None:
    """A button that shows these clips in the Library; nothing where there is nothing to show."""
    if clip_ids and st.button(f"Show {len(clip_ids):,} in the Library", key=key, icon=":material/filter_alt:"):
        open_in_library(clip_ids)


def open_in_library(clip_ids: Iterable[str]) -> None:
    """From any page: show these clips in the Library."""
    st.session_state[HANDED] = list(clip_ids)
    st.switch_page(LIBRARY)


def pick(services: Services, clip_ids: Iterable[str], title: str) -> None:
    """Make clips that somebody picked the view's selection."""
    chosen = list(clip_ids)
    if chosen:
        set_view(replace(current_view(), selection=services.workspace.library.keep_selection(chosen, title)))


def names_of(services: Services, view: ClipView) -> dict[str, str]:
    """What people call the videos and selections of a view."""
    names = {video.video_id: video.name for video in services.workspace.videos.find(ids=view.videos)}
    if view.selection:
        found = services.workspace.library.selection(view.selection)
        names[view.selection] = f"{found[0]} ({found[1]:,})" if found else "a selection that is gone"
    return names
