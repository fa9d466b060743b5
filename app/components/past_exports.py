"""Past exports: what was chosen, where it went, and the same again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.export_choice import write
from app.components.feedback import empty_state, plain, show_error
from app.text import ago, duration, plural
from app.workflows.exporting import described, repeat_plan
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from app.services import Services
    from storage.exports import ExportRun

__all__ = ["past_exports"]

SHOWN = 30


def past_exports(services: Services) -> None:
    """Every export, the newest first."""
    runs = services.workspace.exports.find(SHOWN)
    if not runs:
        empty_state(
            ":material/history:", "No exports yet", "Each one is kept with its settings and can be repeated exactly."
        )
    for run in runs:
        with st.container(border=True, gap="small", key=f"past-{run.export_id}"):
            one(services, run)


def one(services: Services, run: ExportRun) -> None:
    """One export."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plural(run.results['clips'], 'clip')}, {duration(run.results['seconds'])}**", width="content")
        st.caption(f"{ago(run.created_at)} · {plain(', '.join(described(run.settings)))}", width="stretch")
        with st.popover("Repeat", icon=":material/replay:"):
            again(services, run)
    places = [place for place in (run.results["list_file"], run.results["folder"]) if place]
    gone = [place for place in places if not Path(place).exists()]
    notes = [*(f"`{place}`" for place in places), *(["moved or deleted since"] if gone else [])]
    st.caption(" · ".join(notes))


def again(services: Services, run: ExportRun) -> None:
    """Where the repetition goes."""
    fresh = st.toggle(
        "Choose anew",
        key=f"fresh-{run.export_id}",
        help="Applies the same settings to the workspace as it is now. Otherwise the very same list is written, "
        "whatever was trained or tagged since.",
    )
    place = services.workspace.root.parent / f"best-clips-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    ending = Path(run.results["list_file"]).suffix if run.results["list_file"] else ".csv"
    list_file = st.text_input("List", f"{place}{ending}", key=f"again-list-{run.export_id}")
    folder = st.text_input("Folder for cut clips, or empty", "", key=f"again-folder-{run.export_id}")
    if st.button("Write again", type="primary", key=f"again-{run.export_id}"):
        try:
            plan = repeat_plan(services.workspace, run.export_id, fresh=fresh)
        except HandpickedError as error:
            show_error(error)
            return
        write(
            services,
            plan,
            labels=plan.settings.with_labels,
            list_file=Path(list_file).expanduser().absolute() if list_file.strip() else None,
            folder=Path(folder).expanduser().absolute() if folder.strip() else None,
            repeats=run.export_id,
        )
