"""The section "Success" of the Validate page: policies tried in sample scenes, and three attempts to watch."""

from __future__ import annotations

import html
from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.chart import chart
from app.components.feedback import show_error
from app.components.jobs.run_watch import run_watch
from app.markdown_text import plain
from app.media import media_url
from app.reports.success_chart import success_chart
from app.reports.success_words import (
    SUCCESS_TITLE,
    attempt_words,
    correlation_lines,
    success_about,
    success_conditions,
    success_lines,
    success_sentence,
)
from app.workflows.rollouts import ROLLOUTS, can_count_success, rollouts_spec
from engine.errors import HandpickedError
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from app.services import Services
    from engine.validation.success_report import SuccessReport
    from storage.validation import ValidationRun

__all__ = ["success_section"]

_ERROR = "success-error"
_COLUMNS = {
    "trained_on": "trained on",
    "clips": "clips",
    "policies": "policies",
    "grasp": "grasp",
    "placed": "placed",
    "approach": "approach",
    "lead": "placed, minus random",
}


def success_section(services: Services, run: ValidationRun) -> None:
    """Show the newest count of success of this validation, or how to get one; nothing where there is no sample clip."""
    if not can_count_success(services.workspace, run):
        return
    st.subheader(SUCCESS_TITLE, help="Counted in rendered scenes. Recorded video has no world to try a policy in.")
    st.caption(
        "A loss only stands in for success. Here policies that were trained on chosen clips drive the hands in unseen "
        "rendered scenes, and what counts is whether a thing is grasped, and placed on the board."
    )
    failed = st.session_state.pop(_ERROR, None)
    if failed is not None:
        show_error(failed)
    running = bool(services.workspace.jobs.find(states=ACTIVE, kind=ROLLOUTS))
    run_watch(services, ROLLOUTS)
    found = services.workspace.validation.success(run.run_id)
    if found is not None:
        _show(found.report)
    elif not running:
        st.markdown("Success has not been counted for this run.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Effort",
            ["quick", "thorough"],
            default="quick",
            key="success-effort",
            help="Thorough trains 5 policies on each choice and tries each in 100 scenes: enough for a claim.",
        )
        st.button(
            "Count again" if found is not None else "Count success",
            icon=":material/flag:",
            key="success-start",
            on_click=uninterrupted(_start),
            args=(services, run.run_id),
            disabled=running,
        )


def _start(services: Services, validation_run_id: str) -> None:
    try:
        spec = rollouts_spec(
            services.workspace, validation_run_id, effort=st.session_state.get("success-effort") or "quick"
        )
        services.supervisor.submit("Count success", spec)
    except HandpickedError as error:
        st.session_state[_ERROR] = error


def _show(report: SuccessReport) -> None:
    st.markdown(f"**{plain(success_sentence(report))}**")
    st.badge("Simulated: rendered scenes, no robot", icon=":material/movie_edit:", color="blue")
    st.caption(plain(success_about(report)))
    chart(success_chart(report), key="success", title="how often each choice of clips leads to a placed thing")
    rows = [{_COLUMNS[name]: value for name, value in asdict(line).items()} for line in success_lines(report)]
    st.dataframe(rows, hide_index=True, key="success-table")
    lines = correlation_lines(report)
    if lines:
        st.markdown("**Does it predict success?** Spearman’s ρ with each measure of success.")
        st.dataframe(
            [dict(zip(("ρ of", "grasp", "placed", "approach"), line, strict=True)) for line in lines],
            hide_index=True,
            key="success-correlations",
        )
    if report.videos:
        _watch(report)
    st.caption(plain(success_conditions(report)))


def _watch(report: SuccessReport) -> None:
    """Attempts at one scene, side by side."""
    st.markdown("**One scene, three policies:** the first scene where the reward’s choice and chance end differently.")
    for column, video in zip(st.columns(len(report.videos)), report.videos, strict=True):
        with column:
            source = html.escape(media_url(video.file), quote=True)
            st.html(
                f'<video src="{source}" controls loop muted playsinline preload="metadata" style="width:100%"></video>'
            )
            st.caption(plain(attempt_words(video)))
