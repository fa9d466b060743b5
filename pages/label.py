"""The Label page: compare pairs of clips, see statistics, review past labels, import and export label files."""

from __future__ import annotations

import streamlit as st

from app.components.label.desk import labelling_desk
from app.components.label.files import draw_import_export
from app.components.label.review import label_review
from app.components.label.statistics import draw_statistics
from app.services import open_services

PARTS = {
    "Label": labelling_desk,
    "Statistics": draw_statistics,
    "Review": label_review,
    "Import and export": draw_import_export,
}

services = open_services()
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.title("Label", width="content")
    part = st.segmented_control(
        "Part", list(PARTS), default="Label", required=True, label_visibility="collapsed", key="label-part"
    )
PARTS[part](services)
