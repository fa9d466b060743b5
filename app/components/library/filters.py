"""A chip for each filter that is set, which removes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.clips.library_address import current_view, names_of, set_view
from app.markdown_text import plain
from storage.library.view import ClipView, filters_of

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["chips"]


def chips(services: Services, view: ClipView) -> None:
    """A button for each filter that is set, which removes it."""
    parts = filters_of(view, names=names_of(services, view))
    likeness = like_what(services, view)
    if not parts and not likeness:
        return
    with st.container(horizontal=True, gap="xsmall"):
        if likeness:
            st.button(
                plain(likeness),
                icon=":material/close:",
                key="chip-likeness",
                on_click=uninterrupted(lambda: set_view(replace(current_view(), similar_to="", search=""))),
            )
        for n, part in enumerate(parts):
            st.button(
                plain(part.title),
                icon=":material/close:",
                key=f"chip-{n}-{part.field}",
                help="Remove this filter",
                on_click=uninterrupted(lambda part=part: set_view(part.remove(current_view()))),
            )
        if len(parts) > 1:
            st.button("Clear all", type="tertiary", key="chips-clear", on_click=uninterrupted(clear))


def clear() -> None:
    """Remove all filters; the order and the search stay."""
    view = current_view()
    set_view(ClipView(similar_to=view.similar_to, search=view.search, sort=view.sort, descending=view.descending))


def like_what(services: Services, view: ClipView) -> str:
    """The view's likeness search in words."""
    if view.similar_to:
        return f"like {view.similar_to}"
    if view.search:
        found = services.workspace.library.search(view.search)
        return f"{found.kind}: {found.title}" if found else "a search that is gone"
    return ""
