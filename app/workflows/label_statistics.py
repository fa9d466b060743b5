"""Computes label statistics from the store, for people's labels or for simulated ones, never for both together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workflows.reward_data import clip_table
from engine.preference.answers import GivenAnswer
from engine.preference.statistics import LabelStatistics, label_statistics

if TYPE_CHECKING:
    from storage import Workspace

__all__ = ["answers_of", "statistics_of"]


def answers_of(workspace: Workspace, *, simulated: bool) -> list[GivenAnswer]:
    """Live labels of people, or of simulated annotators, oldest first."""
    return [
        GivenAnswer(
            left_clip_id=label.left_clip_id,
            right_clip_id=label.right_clip_id,
            answer=label.answer,
            annotator=label.annotator,
            strategy=label.strategy,
            response_ms=label.response_ms,
        )
        for label in workspace.labels.find(simulated=simulated)
    ]


def statistics_of(workspace: Workspace, *, simulated: bool) -> LabelStatistics:
    """The statistics of people's labels, or of simulated ones; takes a fraction of a second for some hundreds."""
    return label_statistics(answers_of(workspace, simulated=simulated), clip_table(workspace))
