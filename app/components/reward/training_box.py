"""Starts a training, and shows its loss while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain, show_error
from app.components.jobs.waiting import titles_ahead
from app.components.label.kind_choice import choose_kind
from app.components.number_field import NumberFields, show_problem
from app.components.reward.charts import loss_chart
from app.reports.job_words import progress_words
from app.workflows.label_kinds import training_kind
from app.workflows.rewarding import live_curve, train_spec
from engine.errors import HandpickedError
from engine.preference.kinds import LABEL_KINDS, counted_by
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from app.services import Services
    from storage.jobs import Job

__all__ = ["active_training", "training_box", "training_progress"]


def active_training(services: Services) -> Job | None:
    """The training that is queued or running, if any."""
    return next((job for job in services.workspace.jobs.find(states=ACTIVE) if job.kind == "train"), None)


def training_box(services: Services) -> None:
    """The button that starts a training, with the kind of labels, a name and a seed as options."""
    counts = services.workspace.labels.counts()
    usual = training_kind(services.workspace)
    running = active_training(services) is not None
    fields = NumberFields()
    with st.container(border=True):
        kind = choose_kind(
            [usual, *(other for other in counts.kinds if other != usual)],
            {each: counts.of(each) for each in LABEL_KINDS},
            key="train-labels",
            label="Labels to learn from",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{counted_by(counts.of(kind), kind)}** to learn from.", width="stretch")
            left_out = [counted_by(counts.of(other), other) for other in counts.kinds if other != kind]
            if left_out:
                st.caption(f"{' and '.join(left_out)} left out: kinds are never used together.")
            with st.popover("Options", icon=":material/tune:"):
                name = st.text_input("Name", placeholder="Chosen for you", key="train-name", max_chars=80)
                seed = fields.ask(
                    "Seed", 0, 2**31 - 1, 0, whole=True, key="train-seed", help="The same seed gives the same model."
                )
                st.caption("What it is made of stands in `model.yaml` and `training.yaml`, on the Settings page.")
            if fields.button("Train a reward", type="primary", icon=":material/model_training:", disabled=running):
                try:
                    services.supervisor.submit(
                        "Train a reward", train_spec(services.workspace, name=name or None, seed=int(seed), labels=kind)
                    )
                except HandpickedError as error:
                    show_error(error)
                else:
                    st.rerun()
        if fields.problem:  # the field itself lies in a folded menu
            show_problem(fields.problem)


def training_progress(services: Services) -> None:
    """Show the loss curve until the job has ended."""
    job = active_training(services)
    if job is not None:
        st.fragment(_watch, run_every="1s")(services, job.job_id)


def _watch(services: Services, job_id: int) -> None:
    job = services.workspace.jobs.get(job_id)
    if not job.active:
        st.rerun(scope="app")
    live = services.supervisor.live(job)
    points = live_curve(services.workspace, job_id)
    with st.container(border=True):
        st.progress(live.fraction if live else 0.0, plain(progress_words(job, live, titles_ahead(services, job))))
        if live and live.note:
            st.caption(plain(live.note))
        if points:
            loss_chart(
                [point.epoch for point in points],
                [point.train for point in points],
                [point.held_out for point in points],
                key="live-loss",
            )
        if st.button("Cancel", key="cancel-training", disabled=job.state == "cancelling"):
            services.supervisor.cancel(job_id)
