"""A report's numbers in words: what is not known is a dash with its reason, also in reports of older versions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.reports.reward_words import by_accuracy, empty_measures, measured, outdated, ranking_words
from engine.reward.judging.training_report import REPORT_VERSION, HeldOutJudgement, Judge, VideoRanking
from engine.statistics.interval import Estimate
from tests.stored_reports import training_report


@pytest.mark.parametrize(
    ("measure", "shown"),
    [
        (Estimate(0.743, 0.68, 0.8), "0.743 (0.68 to 0.80)"),
        (Estimate(0.743, None, None), "0.743 (no interval)"),
        (Estimate(None, None, None), "–"),
    ],
)
def test_a_number_that_is_not_known_is_a_dash(measure: Estimate, shown: str) -> None:
    assert measured(measure) == shown


def judge(key: str, accuracy: float | None, **more: Estimate) -> Judge:
    return replace(training_report().judges[0], key=key, accuracy=Estimate(accuracy, 0.4, 0.6), **more)


def judged(*judges: Judge) -> HeldOutJudgement:
    found = training_report().judged
    assert found is not None
    return replace(found, judges=judges)


def test_judges_without_an_accuracy_come_last_and_each_reason_is_said_once() -> None:
    unknown = Estimate(None, None, None, "no two clips can be compared")
    judges = [judge("a", None), judge("b", 0.4, kendall=unknown), judge("c", 0.7, kendall=unknown)]
    assert [found.key for found in by_accuracy(judges)] == ["c", "b", "a"]
    assert empty_measures(training_report(judged=judged(*judges))) == [
        "Kendall τ: not known everywhere, for no two clips can be compared."
    ]


def test_a_report_with_numbers_of_an_older_version_says_why_to_train_again() -> None:
    old = training_report(report_version=1, judged=replace(judged(judge("ensemble", 0.7)), robot=None))
    assert "Kendall τ compared clips that no answers connect" in outdated(old)
    assert "ranked equal gains wrongly" not in outdated(old)
    assert "ranked equal gains wrongly" in outdated(training_report(report_version=1))
    assert outdated(training_report(report_version=REPORT_VERSION)) == ""
    assert outdated(training_report(report_version=1, judged=None)) == ""


def test_the_ranking_of_videos_and_the_one_within_them_are_said_apart() -> None:
    ranking = VideoRanking(Estimate(0.12, -0.1, 0.3), Estimate(None, None, None, "no clips can be compared"))
    report = training_report(judged=replace(judged(judge("ensemble", 0.7)), ranking=ranking))
    assert ranking_words(report) == (
        "Kendall τ of the ensemble taken apart: 0.120 (-0.10 to 0.30) between videos; – within a video, for no clips "
        "can be compared."
    )
    assert ranking_words(training_report()) == ""
    assert ranking_words(training_report(judged=None)) == ""
