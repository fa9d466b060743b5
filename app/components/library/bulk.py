"""Actions on all clips of a view at once: tag, keep, drop, extract, label, export; tagging can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain, show_error
from app.components.stale_note import measured_again
from app.navigation import page_path
from app.text import plural
from app.workflows.extracting import extract_spec
from engine.errors import HandpickedError
from storage.tags import DROP, KEEP

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["bulk_menu", "undo_button"]

LABEL_AMONG = "label_among"
EXPORT_AMONG = "export_clip_ids"
"""Session keys by which clips are handed to the Label and the Export & Sync page."""


def bulk_menu(services: Services, view: ClipView, clips: int) -> None:
    """Tag, keep, drop, extract, label or export everything in the view."""
    workspace = services.workspace
    with st.popover(f"All {clips:,}", icon=":material/done_all:", disabled=not clips, help="Act on the whole view"):
        st.caption(f"These act on {plural(clips, 'clip')}, on every page.")
        with st.container(horizontal=True):
            st.button("Keep", icon=":material/check:", key="bulk-keep", on_click=tag_all, args=(services, view, KEEP))
            st.button("Drop", icon=":material/block:", key="bulk-drop", on_click=tag_all, args=(services, view, DROP))
        with st.form("bulk-tag", border=False):
            tag = st.text_input("Tag", max_chars=60, placeholder="wet floor")
            if st.form_submit_button("Tag all", icon=":material/label:"):
                tag_all(services, view, tag)
                st.rerun()
        have = list(workspace.library.facets().tags)
        if have:
            gone = st.selectbox("Remove a tag", have, index=None, key="bulk-untag", placeholder="Choose")
            if gone and st.button("Remove it", icon=":material/label_off:"):
                workspace.tags.remove(workspace.library.ids(view), gone)
                st.rerun()
        st.divider()
        measured_again(workspace)
        if st.button("Extract features", icon=":material/straighten:", key="bulk-extract"):
            extract(services, view)
        hand_over(services, view, "label.py", LABEL_AMONG, "Label these", ":material/thumbs_up_down:")
        hand_over(services, view, "export_sync.py", EXPORT_AMONG, "Export these", ":material/ios_share:")


def tag_all(services: Services, view: ClipView, tag: str) -> None:
    """Tag every clip of the view in one action."""
    try:
        done = services.workspace.tags.add(services.workspace.library.ids(view), tag)
    except HandpickedError as error:
        show_error(error)
    else:
        st.toast(f"{plural(done.clips, 'clip')} tagged {plain(tag)}", icon=":material/label:")


def extract(services: Services, view: ClipView) -> None:
    """Start a job that measures the missing features of the view's clips."""
    spec = extract_spec(services.workspace, clip_ids=services.workspace.library.ids(view))
    if spec.items:
        services.supervisor.submit("Extract features", spec)
        st.rerun()
    st.info("These clips have all their numbers already.", icon=":material/check:")


def hand_over(services: Services, view: ClipView, file: str, key: str, label: str, icon: str) -> None:
    """A button that opens another page with the view's clips."""
    path = page_path(file)
    if path is not None and st.button(label, icon=icon, key=f"bulk-{key}"):
        st.session_state[key] = services.workspace.library.ids(view)
        st.switch_page(path)


def undo_button(services: Services) -> None:
    """A button that undoes the latest tagging."""
    last = services.workspace.tags.last()
    st.button(
        "Undo",
        icon=":material/undo:",
        key="library-undo",
        disabled=last is None,
        help=f"{plain(last.title)}, {plural(last.clips, 'clip')}" if last else "Nothing to take back",
        on_click=take_back,
        args=(services,),
    )


def take_back(services: Services) -> None:
    """What the button does."""
    services.workspace.tags.undo()
