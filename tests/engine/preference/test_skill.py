"""Skill tells a careful person from a coin; the estimate of what more labels are worth holds in simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.preference.answers import GivenAnswer
from engine.preference.linear import fit_linear_evidence
from engine.preference.progress import kendall_tau, ranking_progress, worthwhile
from engine.preference.simulated import SimulatedAnnotator
from engine.preference.skill import annotator_skills
from engine.preference.statistics import label_statistics
from tests.engine.preference.tables import table

if TYPE_CHECKING:
    from engine.tables.types import ClipTable


def answered(
    who: SimulatedAnnotator, n: int, clips: ClipTable, worth: np.ndarray, seed: int = 0, scale: float = 1.5
) -> list[GivenAnswer]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        i, j = (int(k) for k in rng.choice(len(clips), 2, replace=False))
        left, right = clips.clip_ids[i], clips.clip_ids[j]
        answer = who.answer(left, right, scale * float(worth[i]), scale * float(worth[j])).answer
        found.append(GivenAnswer(left_clip_id=left, right_clip_id=right, answer=answer, annotator=who.name))
    return found


@pytest.mark.parametrize("with_features", [True, False])
def test_skill_and_habit_come_back(with_features: bool) -> None:
    clips, worth = table(40, columns=8)
    people = [
        SimulatedAnnotator(name="careful", tie_rate=0.05),
        SimulatedAnnotator(name="half", skill=0.5, tie_rate=0.05),
        SimulatedAnnotator(name="coin", skill=0.0, side_bias=1.4, tie_rate=0.05),
    ]
    said = [a for k, who in enumerate(people) for a in answered(who, 400, clips, worth, k)]
    features = dict(zip(clips.clip_ids, clips.values, strict=True)) if with_features else None
    careful, coin, half = annotator_skills(said, features)
    assert (careful.annotator, coin.annotator, half.annotator) == ("careful", "coin", "half")
    assert careful.skill > 0.85
    assert coin.skill < 0.3
    assert coin.left_habit == pytest.approx(0.8, abs=0.07)
    assert half.skill == pytest.approx(0.5, abs=0.2)
    assert coin.high < half.low
    assert half.high < careful.skill


def test_skill_needs_answers_that_say_something() -> None:
    assert annotator_skills([]) == []
    assert annotator_skills([GivenAnswer(left_clip_id="x", right_clip_id="y", answer="skip", annotator="a")]) == []


def test_answers_about_clips_without_features_do_no_harm() -> None:
    clips, worth = table(20)
    said = [
        *answered(SimulatedAnnotator(name="a"), 50, clips, worth),
        GivenAnswer(left_clip_id="gone", right_clip_id="x", answer="left", annotator="a"),
    ]
    (found,) = annotator_skills(said, dict(zip(clips.clip_ids, clips.values, strict=True)))
    assert found.answers == 50


def test_the_expected_correlation_is_about_what_it_turns_out_to_be() -> None:
    gaps = []
    for seed in range(6):
        clips, worth = table(300, columns=20, seed=seed)
        said = answered(SimulatedAnnotator(name="a", seed=seed), 150, clips, worth, seed)
        progress = ranking_progress(clips, said)
        assert progress is not None
        row = {clip_id: k for k, clip_id in enumerate(clips.clip_ids)}
        design = np.array([clips.values[row[a.left_clip_id]] - clips.values[row[a.right_clip_id]] for a in said])
        target = np.array([{"left": 1.0, "right": 0.0, "tie": 0.5}[a.answer] for a in said])
        reached = np.corrcoef(clips.values @ fit_linear_evidence(design, target).weights, worth)[0, 1]
        gaps.append(progress.reliability - reached)
    assert abs(np.mean(gaps)) < 0.08


def test_progress_settles_and_fewer_labels_are_worthwhile_the_more_there_are() -> None:
    clips, worth = table(200, columns=12)
    said = answered(SimulatedAnnotator(name="a"), 900, clips, worth)
    early, late = ranking_progress(clips, said[:100]), ranking_progress(clips, said)
    assert early is not None
    assert late is not None
    assert early.worthwhile > late.worthwhile
    assert late.reliability > early.reliability
    assert late.moved[-1] == (len(said), pytest.approx(1.0))
    assert late.moved[-2][1] > late.moved[0][1]
    values = [value for _, value in late.expected]
    assert values == sorted(values)
    assert late.expected[0][0] == late.labels == 900


def test_no_progress_is_told_from_few_labels_or_without_features() -> None:
    clips, worth = table(30)
    assert ranking_progress(clips, answered(SimulatedAnnotator(name="a"), 19, clips, worth)) is None
    bare = clips.without("group")
    assert ranking_progress(bare, answered(SimulatedAnnotator(name="a"), 60, clips, worth)) is None


def test_labels_stop_being_worthwhile_where_fifty_more_add_little() -> None:
    assert worthwhile([(100, 0.80), (150, 0.85), (200, 0.852)]) == 50
    assert worthwhile([(100, 0.80), (150, 0.802)]) == 0


def test_kendall_s_tau() -> None:
    assert kendall_tau(np.arange(5.0), np.arange(5.0)) == 1
    assert kendall_tau(np.arange(5.0), -np.arange(5.0)) == -1
    assert kendall_tau(np.array([1.0, 2, 3]), np.array([1.0, 3, 2])) == pytest.approx(1 / 3)


def test_statistics_of_nothing_and_of_clips_without_features() -> None:
    clips, worth = table(30)
    nothing = label_statistics([], clips)
    assert (nothing.labels, nothing.annotators, nothing.progress) == (0, (), None)
    bare = label_statistics(answered(SimulatedAnnotator(name="a"), 60, clips, worth), clips.without("group"))
    assert bare.progress is None
    assert bare.annotators[0].skill is not None
    assert bare.annotators[0].labels == 60
