"""Keeps the Library's view in the page's address: a reload, a bookmark or a shared link shows the same clips."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.number_field import NumberFields, typed_number
from app.navigation import ARRIVED, page_entry
from app.reports.number_words import number_title
from storage.library.view import ClipView, view_from_params, view_params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.services import Services

__all__ = [
    "LIBRARY",
    "MAP",
    "address_of",
    "current_view",
    "go_to_clip",
    "library_link",
    "names_of",
    "open_address",
    "open_clip",
    "open_in_library",
    "opened_clip",
    "page_bar",
    "pick",
    "restore",
    "set_view",
    "step_to",
]

LIBRARY = page_entry("library.py").path
MAP = "map"
"""Parameter of the address: whether the map lies `beside` the wall."""
OWN = ("show", MAP, "clip", "compare", "page")
"""Parameters of the address beside the view's: how it is shown, the open clip, the page."""
REMEMBERED = "library-address"
"""Session key: the view last shown, without its open clip, which leaving the page closes."""
STEPPED = "library-stepped"
"""Session key: the clip that the address named when somebody began to step, and the clip where they are."""
JUMPS = "library-jumps"
MANY_PAGES = 7
"""With more pages than this, a page can be chosen by its number."""
HANDED = "library_clip_ids"
"""Session key: clips that another page wants the Library to show."""


def restore(services: Services) -> None:
    """Called first: shows clips that another page handed over, or restores the session's last view.

    Restores only on arrival from another page: on the Library itself an empty address is intended, by a link, by the
    browser's Back, or because the last filter was removed.
    """
    handed = st.session_state.pop(HANDED, None)
    if handed:
        set_view(ClipView(selection=services.workspace.library.keep_selection(handed, "picked clips")))
    elif not st.query_params and st.session_state.get(ARRIVED) and st.session_state.get(REMEMBERED):
        open_address(st.session_state[REMEMBERED])
    kept = {name: values for name, values in everything().items() if name not in ("clip", "compare")}
    st.session_state[REMEMBERED] = urlencode(kept, doseq=True)


def everything() -> dict[str, list[str]]:
    """All parameters of the address."""
    return {key: st.query_params.get_all(key) for key in st.query_params}


def current_view() -> ClipView:
    """The view that the address names."""
    return view_from_params(everything())


def set_view(view: ClipView) -> None:
    """Put a view into the address, from its first page; how it is shown stays."""
    shown = {name: [st.query_params[name]] for name in ("show", MAP) if name in st.query_params}
    st.query_params.from_dict({**view_params(view), **shown})


def address_of(view: ClipView) -> str:
    """A view as text, to be saved."""
    return urlencode(view_params(view), doseq=True)


def open_address(address: str) -> None:
    """Go to a view; where its address does not say how it is shown, that stays, and so does the map beside it."""
    stays = {name: st.query_params.get_all(name) for name in ("show", MAP) if name in st.query_params}
    st.query_params.from_dict({**stays, **parse_qs(address)})


def opened_clip() -> str | None:
    """The clip that is open: the one that the address names, or the one to which somebody has stepped from there."""
    named = st.query_params.get("clip")
    begun_at, at = st.session_state.get(STEPPED, (None, None))
    return at if at and begun_at == named else named


def step_to(clip_id: str) -> None:
    """Remember the clip to which somebody has stepped in the browser, which puts it into the window's address itself.

    Setting the address here would send it back to the browser, late: as a step of its history, and over the address of
    the clip at which somebody is by then.
    """
    st.session_state[STEPPED] = (st.query_params.get("clip"), clip_id)


def open_clip(clip_id: str | None) -> None:
    """Open a clip, or close the open one."""
    st.session_state.pop(STEPPED, None)
    if clip_id is None:
        st.query_params.pop("clip", None)
    else:
        st.query_params["clip"] = clip_id


def page_bar(view: ClipView, pages: int) -> int:
    """A bar to choose a view's page, from 1, kept in the address. Another view begins at its first page."""
    asked = st.query_params.get("page", "1")
    first = min(pages, max(1, int(asked))) if asked.isdecimal() else 1
    if pages <= 1:
        return 1
    # After a jump a new widget is drawn, which begins at the address's page.
    jumps = st.session_state.get(JUMPS, 0)
    said = f"{address_of(view)} {pages} {jumps}"
    key = f"library-page-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    if pages > MANY_PAGES:
        NumberFields().ask(
            "Page",
            1,
            pages,
            first,
            whole=True,
            key=f"{key}-jump",
            width=130,
            label_visibility="collapsed",
            help="Jump to a page",
            live=False,
            on_change=uninterrupted(lambda: jump(typed_number(f"{key}-jump", "Page", 1, pages, first, whole=True))),
        )
    return st.pagination(
        pages,
        default=first,
        key=key,
        width=390,
        on_change=uninterrupted(lambda: st.query_params.update(page=str(st.session_state[key]))),
    )


def jump(page: float | None) -> None:
    """Go to a page by its number; nowhere for None, of which the field says why."""
    if page is None:
        return
    st.query_params["page"] = str(int(page))
    st.session_state[JUMPS] = st.session_state.get(JUMPS, 0) + 1


def go_to_clip(clip_id: str, *, here: bool) -> None:
    """Open a clip's own page: `here`, on the Library, with its view behind it, or from any other page."""
    if here:
        open_clip(clip_id)
        st.rerun()
    st.session_state.pop(STEPPED, None)
    st.switch_page(LIBRARY, query_params={"clip": clip_id})


def library_link(count: int, clip_ids: Callable[[], Sequence[str]], *, key: str) -> None:
    """A button that shows so many clips in the Library; they are read when it is pressed. No button for none."""
    if count and st.button(f"Show {count:,} in the Library", key=key, icon=":material/filter_alt:"):
        open_in_library(clip_ids())


def open_in_library(clip_ids: Iterable[str]) -> None:
    """From any page: show these clips in the Library."""
    st.session_state[HANDED] = list(clip_ids)
    st.switch_page(LIBRARY)


def pick(services: Services, clip_ids: Iterable[str], title: str) -> None:
    """Restrict the view to a selection of clips."""
    chosen = list(clip_ids)
    if chosen:
        set_view(replace(current_view(), selection=services.workspace.library.keep_selection(chosen, title)))


def names_of(services: Services, view: ClipView) -> dict[str, str]:
    """The display names of the videos, numbers and selections in a view."""
    names = {video.video_id: video.name for video in services.workspace.videos.find(ids=view.videos)}
    names |= {wanted.column: number_title(wanted.column) for wanted in view.ranges}
    if view.selection:
        found = services.workspace.library.selection(view.selection)
        names[view.selection] = f"{found[0]} ({found[1]:,})" if found else "a selection that is gone"
    return names
