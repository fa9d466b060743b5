"""All statistics of labels of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.preference.agreement import PairAgreement, agreements, krippendorff_alpha, self_agreement, side_bias
from engine.preference.answers import Share, by_annotator
from engine.preference.design import design_rows
from engine.preference.habits import Coverage, ResponseTimes, coverage, response_times
from engine.preference.outliers import Outlier, outliers
from engine.preference.progress import Progress, ranking_progress
from engine.preference.skill import Skill, annotator_skills

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.preference.answers import GivenAnswer
    from engine.tables.types import ClipTable

__all__ = ["AnnotatorStatistics", "LabelStatistics", "label_statistics"]

_FEWEST_FOR_SKILL: Final = 20
_MOST_OWN_SCORES: Final = 300
"""Most clips for skills without features: then every clip has a score of its own, which takes too long for a page."""


@dataclass(frozen=True, kw_only=True)
class AnnotatorStatistics:
    """Statistics of one annotator."""

    annotator: str
    labels: int
    left: int
    right: int
    ties: int
    skips: int
    side_bias: Share
    self_agreement: Share
    times: ResponseTimes | None
    skill: Skill | None
    """None with too few labels, or where skill can't be estimated."""


@dataclass(frozen=True, kw_only=True)
class LabelStatistics:
    """Statistics of all annotators."""

    labels: int
    annotators: tuple[AnnotatorStatistics, ...]
    agreements: tuple[PairAgreement, ...]
    alpha: float
    """Krippendorff's alpha; NaN where no pair was answered by two."""
    side_bias: Share
    self_agreement: Share
    times: ResponseTimes | None
    coverage: Coverage
    progress: Progress | None
    outliers: tuple[Outlier, ...]


def label_statistics(answers: Sequence[GivenAnswer], clips: ClipTable) -> LabelStatistics:
    """The statistics of `answers`, oldest first: all of one kind."""
    skills = {s.annotator: s for s in _skills_of(answers, clips) if s.answers >= _FEWEST_FOR_SKILL}
    return LabelStatistics(
        labels=len(answers),
        annotators=tuple(statistics_of(name, own, skills.get(name)) for name, own in by_annotator(answers).items()),
        agreements=tuple(agreements(answers)),
        alpha=krippendorff_alpha(answers),
        side_bias=side_bias(answers),
        self_agreement=self_agreement(answers),
        times=response_times(answers),
        coverage=coverage(answers),
        progress=ranking_progress(clips, answers),
        outliers=tuple(outliers(answers, list(skills.values()))),
    )


def statistics_of(name: str, own: Sequence[GivenAnswer], skill: Skill | None) -> AnnotatorStatistics:
    """The statistics of one annotator."""
    given = [answer.answer for answer in own]
    return AnnotatorStatistics(
        annotator=name,
        labels=len(own),
        left=given.count("left"),
        right=given.count("right"),
        ties=given.count("tie"),
        skips=given.count("skip"),
        side_bias=side_bias(own),
        self_agreement=self_agreement(own),
        times=response_times(own),
        skill=skill,
    )


def _skills_of(answers: Sequence[GivenAnswer], clips: ClipTable) -> list[Skill]:
    """Annotators' skills, by features where clips were measured, else by clips' own scores if clips are few."""
    seen = {clip_id for answer in answers for clip_id in answer.pair}
    rows = np.array([k for k, clip_id in enumerate(clips.clip_ids) if clip_id in seen], dtype=np.intp)
    design = design_rows(clips, rows).rows
    if design.shape[1]:
        return annotator_skills(answers, {clips.clip_ids[k]: design[at] for at, k in enumerate(rows)})
    return annotator_skills(answers) if len(seen) <= _MOST_OWN_SCORES else []
