"""The Train page: train a reward on the labels, follow its loss, and read its evaluation."""

from __future__ import annotations

import streamlit as st

from app.components.page_head import page_head
from app.components.reward.model_choice import choose_model, model_came_of, model_menu
from app.components.reward.model_import import model_import
from app.components.reward.report import reward_report
from app.components.reward.training_box import train_button, training_box, training_progress
from app.components.stale_note import stale_note
from app.components.states.empty import empty_state, leads_to
from app.services import open_services

services = open_services()
workspace = services.workspace
counts = workspace.labels.counts()
head = page_head("Train")

if not counts.kinds:
    with head:
        train_button("There are no labels to learn from yet.")
    simulated = "  \nHere, `handpicked labels simulate` answers pairs from the sample clips' hidden quality."
    with empty_state(
        ":material/compare:",
        "No labels to learn from yet",
        "A reward learns from side-by-side choices: 200 to 500 of them are enough."
        + (simulated if workspace.sample.video_ids() else ""),
    ):
        leads_to("label.py", "Label pairs")
elif not any(workspace.features.measured().values()):
    with head:
        train_button("The clips are not measured yet.")
    with empty_state(
        ":material/straighten:",
        "The clips are not measured yet",
        "A reward learns from what is measured in the clips: extract features first.",
    ):
        leads_to("overview.py", "Extract features")
else:
    training_box(services, head)
    training = training_progress(services)
    model_came_of()
    if workspace.rewards.find():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            model = choose_model(services, key="train-model")
            if model is not None:
                model_menu(services, model)
            model_import(services)
        stale_note(workspace, workspace.rewards.current())
        if model is not None:
            reward_report(services, model)
    elif not training:
        with empty_state(
            ":material/model_training:",
            "No reward yet",
            "Once one is trained, its report says whether it beats a linear fit, the composite score and every single "
            "feature on videos that it never saw.",
        ):
            model_import(services)
