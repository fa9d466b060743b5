"""Label: pairs of clips side by side, what came of them, past answers, files in and out."""

from __future__ import annotations

import streamlit as st

from app.components.label_review import label_review
from app.components.labelling_desk import labelling_desk
from app.services import open_services

PARTS = ("Label", "Statistics", "Review", "Import and export")

services = open_services()
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.title("Label", width="content")
    part = st.segmented_control(
        "Part", PARTS, default="Label", required=True, label_visibility="collapsed", key="label-part"
    )

if part == "Label":
    labelling_desk(services)
elif part == "Review":
    label_review(services)
