"""The Library page: browse, search, filter and tag all clips."""

from __future__ import annotations

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.clips.library_address import current_view, opened_clip, page_bar, restore, set_view
from app.components.library.charts import charts
from app.components.library.clip_page import clip_page
from app.components.library.compare import compare_clips
from app.components.library.duplicates import duplicates
from app.components.library.head import library_head
from app.components.library.map.clip_map import embedding_map, is_beside
from app.components.library.panel.filter_panel import filter_panel
from app.components.library.table import clip_table, table_columns
from app.components.library.wall.view_wall import view_wall
from app.components.page_head import page_head
from app.components.states.empty import empty_state, leads_to
from app.services import open_services
from storage.library.view import ClipView

TABLE_ROWS = 100


services = open_services()
workspace = services.workspace
restore(services)

compared = st.query_params.get("compare")
if compared:
    compare_clips(services, compared.split(","))
    st.stop()

opened = opened_clip()
if opened:
    clip_page(services, opened)
    st.stop()

everything = workspace.clips.count()
if not everything:
    page_head("Library")
    with empty_state(
        ":material/photo_library:", "No clips yet", "Import videos and cut them into clips; they all show here."
    ):
        leads_to("import_videos.py", "Import videos")
    st.stop()

view = current_view()
extent = workspace.library.extent(view)
shown = library_head(services, view, extent, everything)

# The filters stand beside the clips, and the map where somebody wants it.
with st.container(key="library-body", horizontal=True, wrap=False, gap="medium"):
    with st.container(key="library-panel", width="content"):
        filter_panel(services, view)
    with st.container(key="library-clips", width="stretch"):
        if not extent.clips:
            with empty_state(
                ":material/filter_alt_off:", "No clip is like that", "Take a filter back by its chip above, or all."
            ):
                st.button(
                    "Show all clips",
                    icon=":material/photo_library:",
                    on_click=uninterrupted(set_view),
                    args=(ClipView(),),
                )
        elif shown == "charts":
            charts(services, view)
        elif shown == "map":
            embedding_map(services, view)
        elif shown == "duplicates":
            duplicates(services, view)
        elif shown == "table":
            columns = table_columns(services, view)
            page = page_bar(view, -(-extent.clips // TABLE_ROWS))
            rows = workspace.library.page(view, limit=TABLE_ROWS, offset=TABLE_ROWS * (page - 1), columns=columns)
            clip_table(services, rows, columns)
        else:
            view_wall(services, view, workspace.library.order(view))
    if is_beside(shown):
        with st.container(key="library-map", width="content"):
            embedding_map(services, view, beside=True)
