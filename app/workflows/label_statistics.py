"""Computes label statistics from the store, for the labels of one kind, never of several together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workflows.clips_at_hand import clips_around
from engine.preference.answers import GivenAnswer
from engine.preference.statistics import LabelStatistics, label_statistics

if TYPE_CHECKING:
    from engine.preference.kinds import LabelKind
    from storage import Workspace

__all__ = ["answers_of", "statistics_of"]


def answers_of(workspace: Workspace, kind: LabelKind) -> list[GivenAnswer]:
    """Live labels of one kind, oldest first."""
    return [
        GivenAnswer(
            left_clip_id=label.left_clip_id,
            right_clip_id=label.right_clip_id,
            answer=label.answer,
            annotator=label.annotator,
            strategy=label.strategy,
            response_ms=label.response_ms,
        )
        for label in workspace.labels.find(kind)
    ]


def statistics_of(workspace: Workspace, kind: LabelKind) -> LabelStatistics:
    """The statistics of the labels of one kind; takes a fraction of a second for some hundreds."""
    answers = answers_of(workspace, kind)
    return label_statistics(
        answers, clips_around(workspace, {clip_id for answer in answers for clip_id in answer.pair})
    )
