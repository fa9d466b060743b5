"""The Train page: train a reward on the labels, follow its loss, and read its evaluation."""

from __future__ import annotations

import streamlit as st

from app.components.feedback import empty_state
from app.components.page_head import page_head
from app.components.reward.model_choice import choose_model, model_menu
from app.components.reward.model_import import model_import
from app.components.reward.report import reward_report
from app.components.reward.training_box import training_box, training_progress
from app.components.stale_note import stale_note
from app.navigation import PAGES
from app.services import open_services

services = open_services()
workspace = services.workspace
counts = workspace.labels.counts()
page_head("Train")

if not counts.kinds:
    with empty_state(
        ":material/compare:",
        "No labels to learn from yet",
        "A reward learns from side-by-side choices: 200 to 500 of them are enough.  \n"
        "In a sample workspace, `handpicked labels simulate` answers pairs from the clips' hidden quality.",
    ):
        label = next((entry for entry in PAGES if entry.file == "label.py"), PAGES[0])
        st.page_link(label.path, label=f"Go to {label.title}", icon=label.icon)
elif not any(workspace.features.measured().values()):
    with empty_state(
        ":material/straighten:",
        "The clips are not measured yet",
        "A reward is learned from features: extract them first.",
    ):
        st.page_link(PAGES[0].path, label="Extract features", icon=":material/straighten:")
else:
    stale_note(workspace, workspace.rewards.current())
    training_box(services)
    training_progress(services)
    if workspace.rewards.find():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            model = choose_model(services, key="train-model")
            if model is not None:
                model_menu(services, model)
            model_import(services)
        if model is not None:
            reward_report(services, model)
    else:
        st.caption(
            "The report then says whether the reward beats a linear fit, the "
            "composite score and every single feature on videos that it never saw."
        )
        model_import(services)
