"""The Label page: compare pairs of clips, see statistics, review past labels, import and export label files."""

from __future__ import annotations

import streamlit as st

from app.components.label.answered_pair import PART
from app.components.label.desk import labelling_desk, sitting_under_way, sitting_view
from app.components.label.files import draw_import_export
from app.components.label.review import label_review
from app.components.label.statistics import draw_statistics
from app.components.page_head import page_head
from app.services import open_services

PARTS = {"Review": label_review, "Statistics": draw_statistics, "Files": draw_import_export}

services = open_services()
sitting = sitting_under_way(services)
if sitting is not None:
    sitting_view(services, sitting)
else:
    st.session_state.setdefault(PART, "Label")
    head = page_head("Label", parts=(PART, ["Label", *PARTS]))
    part = st.session_state[PART]
    if part in PARTS:
        PARTS[part](services)
    else:
        labelling_desk(services, head)
