"""The form that downloads videos of a data set, with its licence terms, and imports them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import show_error
from app.components.press import pressed
from app.markdown_text import plain
from app.text import plural
from app.workflows.downloading import download_spec, ids_from, unseen_licence
from engine.download.licences import licence_of
from engine.errors import HandpickedError
from engine.files.typed_path import typed_path

if TYPE_CHECKING:
    from app.services import Services
    from engine.clipping.settings import ClippingSettings

__all__ = ["DOWNLOADABLE", "download_box"]

DOWNLOADABLE = ("epic", "ego4d")
EXAMPLES = {"epic": "P01_101, P01_102", "ego4d": "a2dd8a8f-835f-4068-be78-99d38ad99625"}


def download_box(services: Services, source: str, clipping: ClippingSettings) -> None:
    """Ask for the videos of `source` and start the download."""
    licence = licence_of(source)
    if licence is None:
        return
    with st.expander(f"Download from {licence.title}", icon=":material/cloud_download:"):
        named = st.text_input("Videos", placeholder=EXAMPLES[source], key=f"download-{source}-ids")
        table = st.text_input(
            "Or all videos of an annotation file", placeholder="/data/annotations.csv", key=f"download-{source}-file"
        )
        mirror = ""
        if source == "epic":
            mirror = st.text_input("Mirror", placeholder="only if you have one", key="download-epic-mirror")
        st.markdown(f"**{licence.name}** ([terms]({licence.url})). {plain(licence.summary)}")
        agreed = st.checkbox("I may use the videos under these terms", key=f"download-{source}-agreed")
        why_not = "" if agreed else "Say first that you may use the videos under these terms."
        if pressed("Download", icon=":material/cloud_download:", key=f"download-{source}", why_not=why_not):
            try:
                ids = [part.strip() for part in named.split(",") if part.strip()]
                if table.strip():
                    ids.extend(ids_from(typed_path(table.strip()), source))
                spec = download_spec(
                    services.workspace, source, ids, clipping=clipping, base_url=mirror.strip() or None
                )
            except HandpickedError as error:
                show_error(error)
                return
            unseen_licence(services.workspace, source)
            number = services.supervisor.submit(f"Download {plural(len(spec.items), 'video')}", spec)
            st.session_state["import-jobs"] = [number]
            st.rerun()
