"""The palette (Ctrl+K): go to a page, a saved view, a video or a clip, or run a step; and a page's keys (`?`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger
from app.components.browser.script import component_script
from app.components.clips.library_address import LIBRARY, go_to_clip
from app.find_feed import FIND, entry
from app.navigation import PAGES, page_entry, page_path
from app.workflows.extracting import extract_spec
from engine.settings.app import AppSettings

if TYPE_CHECKING:
    from app.navigation import PageEntry
    from app.services import Services

__all__ = ["palette"]

HERE = Path(__file__).parent
_component = st.components.v2.component(
    "palette",
    html="<div class='root'></div>\n",
    css=(HERE / "palette.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "palette.js"),
)
KEY = "palette"
STEPS = {
    "extract": ("Extract features", ""),
    "train": ("Train a reward", "train.py"),
    "validate": ("Validate the reward", "validate.py"),
    "ablate": ("Ablate the reward", "ablations.py"),
    "label": ("Label pairs", "label.py"),
    "export": ("Export the best clips", "export_sync.py"),
}
"""Steps of the work: what each is called, and the page on which it is done; those without one start at once."""


def palette(services: Services, page: PageEntry) -> None:
    """Mount it, and go where it was told to."""
    views = services.workspace.library.saved_views()
    _component(
        data=palette_data(page, list(views), letters=services.workspace.settings.load(AppSettings).single_keys),
        key=KEY,
        on_chosen_change=hold_trigger(KEY, "chosen"),
    )
    if chosen := take_trigger(KEY, "chosen"):
        go(services, str(chosen), views)


def palette_data(page: PageEntry, views: list[str], *, letters: bool) -> dict[str, Any]:
    """What the browser is told."""
    return {
        "entries": [
            *(entry("Page", at.title, f"page:{at.file}") for at in PAGES),
            *(entry("Step", title, f"step:{name}") for name, (title, _) in STEPS.items()),
            *(entry("View", name, f"view:{name}") for name in views),
        ],
        "find": FIND,
        "title": page.title,
        "about": page.about,
        "keys": [list(pair) for pair in page.keys],
        "letters": letters,
    }


def go(services: Services, target: str, views: dict[str, str]) -> None:
    """Do what was chosen; what is not there any more is passed over."""
    kind, _, name = target.partition(":")
    if kind == "step" and name == "extract":
        spec = extract_spec(services.workspace)
        if spec.items:
            services.supervisor.submit("Extract features", spec)
        st.toast("Extracting; the tray shows how far it is." if spec.items else "All clips have their numbers.")
    elif kind in ("page", "step"):
        file = STEPS[name][1] if kind == "step" and name in STEPS else name
        path = page_path(file)
        if path is not None:
            st.switch_page(path)
    elif kind == "view" and name in views:
        st.switch_page(LIBRARY, query_params=parse_qs(views[name]))
    elif kind == "video":
        st.switch_page(page_entry("videos.py").path, query_params={"video": name})
    elif kind == "clip":
        go_to_clip(name, here=False)
