"""The Library's search: one box for words and pictures, which offers what can work in this workspace."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger
from app.components.browser.script import component_script
from app.components.clips.library_address import current_view, set_view
from app.markdown_text import plain
from app.workflows.encoding import search_for
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["search_bar", "search_ways"]

HERE = Path(__file__).parent
KEY = "library-search"
_component = st.components.v2.component(
    "search_box",
    html="<div class='root'></div>\n",
    css=(HERE / "search_box.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "search_box.js"),
)
MOST_LETTERS = 200
MOST_PICTURE_BYTES = 4 << 20
"""The browser sends pictures of 512 pixels."""


def search_bar(services: Services, view: ClipView) -> None:
    """Draw the box, and search for what was typed or dropped."""
    ways, pictures = search_ways(services)
    known = services.workspace.library.search(view.search) if view.search else None
    text = known.title if known and known.kind == "text" else ""
    _component(
        data={
            "ways": ways,
            "pictures": pictures,
            "value": view.narration or text,
            "way": "narration" if view.narration else "text" if text else None,
        },
        key=KEY,
        on_asked_change=hold_trigger(KEY, "asked"),
    )
    if asked := take_trigger(KEY, "asked"):
        searched(services, asked)


def search_ways(services: Services) -> tuple[list[str], bool]:
    """Where words can be searched (`narration`, `text`: in the picture), and whether a picture can be searched by."""
    workspace = services.workspace
    model = workspace.features.embedding_model()
    # Text is known to CLIP's models alone, which are named architecture/weights; the fallback knows pictures only.
    ways = [
        *(["narration"] if workspace.library.has_narrations() else []),
        *(["text"] if model and "/" in model else []),
    ]
    return ways, model is not None


def searched(services: Services, asked: Mapping[str, Any]) -> None:
    """Run a search: among narrations as a filter, by likeness as the view's order. No words take the search back."""
    way, text = asked.get("way"), str(asked.get("text", ""))[:MOST_LETTERS].strip()
    view = current_view()
    if way == "narration":
        set_view(replace(view, narration=text))
    elif not text:
        set_view(replace(view, search=""))
    else:
        content = text.encode() if way == "text" else picture_of(str(asked.get("content", "")))
        try:
            found = search_for(services.workspace, "text" if way == "text" else "image", text, content)
        except HandpickedError as error:
            st.toast(plain(str(error)), icon=":material/error:")
            return
        set_view(replace(view, search=found, narration="", similar_to="", sort="", descending=True))
    st.rerun()


def picture_of(text: str) -> bytes:
    """The bytes of a picture that the browser sent; none where they are no Base64 or too many."""
    try:
        return base64.b64decode(text[: MOST_PICTURE_BYTES * 2], validate=True)[:MOST_PICTURE_BYTES]
    except binascii.Error:
        return b""
