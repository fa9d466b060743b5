"""The Scores page: rewards of the clips, which features drive them, and how ranks changed between two models."""

from __future__ import annotations

import streamlit as st

from app.components.feedback import synthetic_note
from app.components.jobs.run_watch import run_watch
from app.components.page_head import page_head
from app.components.press import pressed
from app.components.reward.model_choice import choose_model
from app.components.reward.report import kind_note
from app.components.reward.score_views import drift, likes, relations, spread, unscored, walls
from app.components.reward.verdict_strip import verdict_badge
from app.components.stale_note import stale_note
from app.components.states.empty import empty_state, leads_to
from app.reports.verdicts import reward_verdict
from app.services import open_services
from app.text import plural
from app.workflows.rewarding import score_job
from storage.jobs import ACTIVE

services = open_services()
workspace = services.workspace


def score_again(model_id: str) -> None:
    """Start scoring all clips with a model."""
    job = score_job(workspace, model_id)
    if job is not None:
        services.supervisor.submit(job.title, job.spec)


def again_button(why_not: str) -> bool:
    """The page's primary action; whether it was pressed."""
    return pressed("Score again", key="scores-again", icon=":material/refresh:", type="primary", why_not=why_not)


models = workspace.rewards.find()
scoring = bool(workspace.jobs.find(states=ACTIVE, kind="score"))
head = page_head("Scores")
if not models:
    with head:
        again_button("There is no reward yet.")
    with empty_state(
        ":material/leaderboard:", "No reward yet", "Clips are scored by themselves once a reward is trained."
    ):
        leads_to("train.py", "Train a reward")
    st.stop()

model = choose_model(services, key="scores-model")
with head:
    again = again_button("The clips are being scored." if scoring else "" if model else "Choose a model first.")
if again and model is not None:
    score_again(model.model_id)
    st.rerun()
run_watch(services, "score")
stale_note(workspace, model)
if model is not None:
    summary = workspace.score_views.summary(model.model_id)
    missing = workspace.clips.count() - summary.clips
    with st.container(horizontal=True, gap="small"):
        verdict_badge(reward_verdict(model.report))
        kind_note(model)
        synthetic_note(summary.synthetic, summary.clips)
    said = f"{plural(summary.clips, 'clip')} scored" + (f", {missing:,} not" if missing else "")
    st.caption(f"{said}. 0 is the mean clip; a clip that is better by 1 is preferred in 73 % of pairs.")
    unscored(services, model)
    if summary.clips:
        walls(services, model)
        tabs = st.tabs(["Spread", "Relations", "What it likes", "Drift"])
        with tabs[0]:
            spread(services, model)
        with tabs[1]:
            relations(services, model, summary.clips)
        with tabs[2]:
            likes(services, model)
        with tabs[3]:
            drift(services, model)
