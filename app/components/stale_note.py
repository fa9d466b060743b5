"""Notes on features that should be measured again: beside extraction, and beside scores that depend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import remark
from app.components.states.empty import leads_to
from app.markdown_text import with_commands
from app.text import plural
from app.workflows.staleness import model_warning, split_warnings, stale_numbers, stale_warnings

if TYPE_CHECKING:
    from storage import Workspace
    from storage.rewards import RewardModel

__all__ = ["measured_again", "stale_note"]


def measured_again(workspace: Workspace) -> None:
    """A line for each extractor: for how many clips the next extraction measures again, and why."""
    for row in stale_numbers(workspace):
        if not row.enabled:
            continue
        st.caption(
            f":material/history: {row.title}: measured again for {plural(row.clips, 'clip')}. {with_commands(row.why)}"
        )


def stale_note(workspace: Workspace, model: RewardModel | None = None) -> None:
    """A warning where features of several versions are mixed, a reward was trained on other versions, or results were
    judged with other sources."""
    warnings = stale_warnings(workspace)
    behind = model_warning(workspace, model) if model is not None else ""
    for warning in [*warnings, *([behind] if behind else []), *split_warnings(workspace, model)]:
        remark(with_commands(warning), ":material/history:")
    if warnings:
        leads_to("overview.py", "Measure them again", icon=":material/straighten:")
