"""Starts a training, shows its loss while it runs, and why the last one gave nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import show_error
from app.components.jobs.run_watch import run_watch
from app.components.label.kind_choice import choose_kind
from app.components.number_field import NumberFields, show_problem
from app.components.press import pressed
from app.components.reward.charts import loss_chart
from app.components.states.running import running_state, watch_jobs
from app.workflows.label_kinds import training_kind
from app.workflows.rewarding import live_curve, train_spec
from engine.errors import HandpickedError
from engine.preference.kinds import LABEL_KINDS, counted_by
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from storage.jobs import Job

__all__ = ["active_training", "train_button", "training_box", "training_progress"]


def active_training(services: Services) -> Job | None:
    """The training that is queued or running, if any."""
    return next(iter(services.workspace.jobs.find(states=ACTIVE, kind="train")), None)


def training_box(services: Services, head: DeltaGenerator) -> None:
    """The options of a training: the kind of labels, a name and a seed; its button stands in the page's `head`."""
    counts = services.workspace.labels.counts()
    usual = training_kind(services.workspace)
    running = active_training(services) is not None
    fields = NumberFields()
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = choose_kind(
            [usual, *(other for other in counts.kinds if other != usual)],
            {each: counts.of(each) for each in LABEL_KINDS},
            key="train-labels",
            label="Labels to learn from",
        )
        left_out = [counted_by(counts.of(other), other) for other in counts.kinds if other != kind]
        apart = f" {' and '.join(left_out)} left out: kinds are never used together." if left_out else ""
        st.markdown(f"**{counted_by(counts.of(kind), kind)}** to learn from.{apart}", width="stretch")
        with st.popover("Options", icon=":material/tune:"):
            name = st.text_input("Name", placeholder="Chosen for you", key="train-name", max_chars=80)
            seed = fields.ask(
                "Seed", 0, 2**31 - 1, 0, whole=True, key="train-seed", help="The same seed gives the same model."
            )
            st.caption("What it is made of stands in `model.yaml` and `training.yaml`, on the Settings page.")
    if fields.problem:  # the field itself lies in a folded menu
        show_problem(fields.problem)
    with head:
        go = train_button("A reward is being trained." if running else fields.problem)
    if go:
        try:
            spec = train_spec(services.workspace, name=name or None, seed=int(seed), labels=kind)
            services.supervisor.submit("Train a reward", spec)
        except HandpickedError as error:
            show_error(error)
        else:
            st.rerun()


def train_button(why_not: str = "") -> bool:
    """The page's primary action; whether it was pressed. `why_not`: the reason why it can't be now."""
    return pressed("Train a reward", key="train-go", icon=":material/model_training:", type="primary", why_not=why_not)


def training_progress(services: Services) -> bool:
    """Draw the training under way with its loss curve, or why the last one gave no reward; returns whether one is."""
    job = active_training(services)
    if job is not None:
        watch_jobs(services, [job], lambda jobs: _with_its_loss(services, jobs[0]))
    else:
        run_watch(services, "train")
    return job is not None


def _with_its_loss(services: Services, job: Job) -> None:
    points = live_curve(services.workspace, job.job_id)
    with running_state(services, job):
        if points:
            loss_chart(
                [point.epoch for point in points],
                [point.train for point in points],
                [point.held_out for point in points],
                key="live-loss",
            )
