"""The Library page: browse, search, filter and tag all clips."""

from __future__ import annotations

import streamlit as st

from app.components.clips.library_address import current_view, page_bar, restore
from app.components.clips.wall import clip_wall
from app.components.feedback import empty_state
from app.components.library.bulk import bulk_menu, undo_button
from app.components.library.charts import charts
from app.components.library.clip_page import clip_page
from app.components.library.duplicates import duplicates
from app.components.library.filters import chips
from app.components.library.map import embedding_map
from app.components.library.panel.filter_panel import LAYOUT, filter_panel
from app.components.library.search_bar import order_bar, saved_views, search_bar, search_notes, shown_bar
from app.components.library.table import clip_table, table_columns
from app.services import open_services
from app.text import duration

PAGE_SIZE = 40

services = open_services()
workspace = services.workspace
restore(services)

opened = st.query_params.get("clip")
if opened:
    clip_page(services, opened)
    st.stop()

st.title("Library")
everything = workspace.clips.count()
if not everything:
    with empty_state(
        ":material/photo_library:", "No clips yet", "Import videos and cut them into clips; they all show here."
    ):
        st.page_link("../pages/import_videos.py", label="Import videos", icon=":material/video_call:")
    st.stop()

view = current_view()
extent = workspace.library.extent(view)

with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    search_bar(services, view)
    order_bar(services, view)
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    shown = shown_bar()
    saved_views(services, view)
    bulk_menu(services, view, extent.clips)
    undo_button(services)
search_notes(services)
chips(services, view)

pages = -(-extent.clips // PAGE_SIZE) if shown in ("wall", "table") else 1
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    of_all = f" of {everything:,}" if extent.clips != everything else ""
    noun = "clip" if extent.clips == 1 else "clips"
    st.markdown(f"**{extent.clips:,}**{of_all} {noun} · {duration(extent.duration_s)}", width="content")
    page = page_bar(view, pages)

st.html(LAYOUT)
with st.container(key="library-body", horizontal=True, wrap=False, gap="medium"):
    with st.container(key="library-panel", width="content"):
        filter_panel(services, view)
    with st.container(key="library-clips", width="stretch"):
        if not extent.clips:
            st.info(
                "No clip passes all of these filters. Remove one by its chip above.", icon=":material/filter_alt_off:"
            )
        elif shown == "charts":
            charts(services, view)
        elif shown == "map":
            embedding_map(services, view)
        elif shown == "duplicates":
            duplicates(services, view)
        else:
            columns = table_columns(services, view) if shown == "table" else []
            rows = workspace.library.page(view, limit=PAGE_SIZE, offset=PAGE_SIZE * (page - 1), columns=columns)
            if shown == "table":
                clip_table(services, rows, columns)
            else:
                clip_wall(services, rows, badge=view.sort or "likeness", here=True)
