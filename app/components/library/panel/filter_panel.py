"""The filter panel beside the clips: a brushable histogram for each number, flags, tags, sources, origins, videos."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.browser.script import component_script
from app.components.clips.library_address import current_view, set_view
from app.histogram_feed import FILTER_FEED
from app.reports.number_words import number_words
from storage.library.view import FLAGS, view_from_params, view_params

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["filter_panel"]

HERE = Path(__file__).parent
KEY = "library-filters"
FILTERS = ("ranges", "sources", "origins", "videos", "tags", "without_tags", "flags")
"""The fields of a view that the panel sets; search, order and picked clips stay as they are."""
_component = st.components.v2.component(
    "filter_panel",
    html="<div class='root'></div>\n",
    css=(HERE / "filter_panel.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "filter_panel.js"),
)


def filter_panel(services: Services, view: ClipView) -> None:
    """Draw the panel into the current container; F folds and unfolds it. What it sets goes into the page's address."""
    library = services.workspace.library
    tables = library.numbers().tables
    extractors = {f"{table.extractor}_{column}": table.extractor for table in tables for column in table.columns}
    data: dict[str, Any] = {
        "feed": FILTER_FEED,
        "view": urlencode(view_params(view), doseq=True),
        "changes": library.changes,
        "numbers": [number(name, extractors.get(name, "clip")) for name in library.choices()],
        "flags": {name: list(words) for name, words in FLAGS.items()},
        "videos": {video_id: name for video_id, (name, _) in library.facets().videos.items()},
    }
    _component(data=data, key=KEY, on_view_change=uninterrupted(take))


def number(name: str, extractor: str) -> dict[str, str]:
    """A number's words for the browser; numbers without a group of their own are grouped by extractor."""
    words = number_words(name)
    group = words.group or extractor.replace("_", " ").capitalize()
    return {"name": name, "title": words.title, "unit": words.unit, "meaning": words.meaning, "group": group}


def take() -> None:
    """Set the filters that the browser sent."""
    sent = st.session_state[KEY].get("view")
    if isinstance(sent, str):
        wanted = view_from_params(parse_qs(sent))
        changes: dict[str, Any] = {name: getattr(wanted, name) for name in FILTERS}
        set_view(replace(current_view(), **changes))
