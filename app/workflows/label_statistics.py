"""Labels as the engine's choice of pairs and its statistics see them: people's and simulated ones apart, always."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workflows.reward_data import clip_table
from engine.preference.answers import GivenAnswer
from engine.preference.choosing import AskedPair
from engine.preference.statistics import LabelStatistics, label_statistics

if TYPE_CHECKING:
    from storage import Workspace

__all__ = ["answers_of", "asked_pairs", "statistics_of"]


def answers_of(workspace: Workspace, *, simulated: bool) -> list[GivenAnswer]:
    """Live labels of people, or of simulated annotators, oldest first."""
    return [
        GivenAnswer(
            label.left_clip_id, label.right_clip_id, label.answer, label.annotator, label.strategy, label.response_ms
        )
        for label in workspace.labels.find(simulated=simulated)
    ]


def asked_pairs(workspace: Workspace) -> list[AskedPair]:
    """What steers the choice of pairs: people's answers, or simulated ones as long as there are no others."""
    people = answers_of(workspace, simulated=False)
    return [
        AskedPair(answer.left_clip_id, answer.right_clip_id, answer.answer, answer.annotator, answer.strategy)
        for answer in people or answers_of(workspace, simulated=True)
    ]


def statistics_of(workspace: Workspace, *, simulated: bool) -> LabelStatistics:
    """The statistics of people's labels, or of simulated ones: a second at most for thousands of them."""
    return label_statistics(answers_of(workspace, simulated=simulated), clip_table(workspace))
