"""The clips of a view as a table, with chosen columns and selectable rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.library_address import open_clip, pick
from app.media import media_url
from app.reports.number_words import number_words
from app.text import plural, timecode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from storage.library.rows import LibraryRow
    from storage.library.view import ClipView

__all__ = ["clip_table", "table_columns"]

HEIGHT_PX = 720
FIRST = (
    *("reward", "reward_std", "composite_score", "hands_any_share", "sharpness_laplacian_median"),
    *("labels", "model_labels", "simulated_labels"),
)


def table_columns(services: Services, view: ClipView) -> list[str]:
    """The numbers that the table shows, as chosen; by default the main ones."""
    names = services.workspace.library.choices()
    asked = [view.sort, *(wanted.column for wanted in view.ranges)]
    first = [name for name in dict.fromkeys([*FIRST, *asked]) if name in names]
    return st.multiselect(
        "Columns", names, first, key="library-columns", label_visibility="collapsed", placeholder="Columns to show",
        format_func=lambda name: number_words(name).title,
    )  # fmt: skip


def clip_table(services: Services, rows: Sequence[LibraryRow], columns: list[str]) -> None:
    """Draw the rows; one selected row can be opened, several can become the view."""
    table = [
        {
            "picture": media_url(row.thumbnail) if row.thumbnail else None,
            "video": row.video_name,
            "start": timecode(row.start_s),
            "length": row.duration_s,
            "narration": row.narration or "",
            "tags": list(row.tags),
            **{name: row.numbers[name] for name in columns},
        }
        for row in rows
    ]
    chosen = st.dataframe(
        table,
        hide_index=True,
        row_height=52,
        height=HEIGHT_PX,
        on_select="rerun",
        selection_mode="multi-row",
        key="library-table",
        column_config={
            "picture": st.column_config.ImageColumn("", width="small", pinned=True),
            "length": st.column_config.NumberColumn("length (s)", format="%.2f"),
            "tags": st.column_config.ListColumn(),
            **{
                name: st.column_config.NumberColumn(number_words(name).title, format="%.4g", help=name)
                for name in columns
            },
        },
    ).selection.rows
    picked = [rows[place].clip_id for place in chosen if place < len(rows)]
    with st.container(horizontal=True):
        if len(picked) == 1 and st.button("Open the clip", icon=":material/open_in_full:", type="primary"):
            open_clip(picked[0])
            st.rerun()
        if picked and st.button(f"Show only {plural(len(picked), 'clip')}", icon=":material/filter_alt:"):
            pick(services, picked, "picked rows")
            st.rerun()
