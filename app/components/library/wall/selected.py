"""What can be done with selected clips beside tagging them: label, compare, export, measure, or show only these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.clips.actions import GONE, clips_at
from app.components.clips.library_address import pick
from app.navigation import page_path
from app.text import plural
from app.workflows.extracting import extract_spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["COMPARE", "act_on_selected", "show_selected"]

PAGES = {"label": ("label.py", "label_among"), "export": ("export_sync.py", "export_clip_ids")}
"""Action → the page that it opens, and the session key by which that page gets the clips."""
COMPARE = "compare"
"""Parameter of the address: the clips to compare, with commas between them."""
MOST_COMPARED = 4


def show_selected(services: Services, view: ClipView, asked: Mapping[str, Any]) -> bool:
    """Compare the selected clips or show only these, where that was asked for; returns whether it was done.

    Only the address changes: done in a callback, the run that follows draws the new page and not the old one first.
    """
    what = asked.get("what")
    clips = clips_at(services, view, asked) if what in ("compare", "only") else None
    if not clips:
        return False
    if what == "compare":
        st.query_params[COMPARE] = ",".join(clips[:MOST_COMPARED])
    else:
        pick(services, clips, "picked clips")
    return True


def act_on_selected(services: Services, view: ClipView, asked: Mapping[str, Any]) -> None:
    """Do what else the bar under the wall was asked for: label, export, measure."""
    clips, what = clips_at(services, view, asked), asked.get("what")
    if clips is None:
        st.toast(GONE, icon=":material/error:")
    elif not clips:
        return
    elif what in PAGES:
        file, key = PAGES[what]
        path = page_path(file)
        if path is not None:
            st.session_state[key] = clips
            st.switch_page(path)
    elif what == "extract":
        extract(services, clips)


def extract(services: Services, clips: Sequence[str]) -> None:
    """Start a job that measures the missing features of these clips."""
    spec = extract_spec(services.workspace, clip_ids=list(clips))
    if not spec.items:
        st.toast("These clips have all their numbers already.", icon=":material/check:")
        return
    services.supervisor.submit("Extract features", spec)
    st.toast(f"Measuring {plural(len(spec.items), 'clip')}: the job is in the tray.", icon=":material/straighten:")
