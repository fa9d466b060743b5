"""A report's numbers in words: what is not known is a dash with its reason, also in reports of older versions."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from app.reports.reward_words import MEASURES, by_accuracy, empty_measures, measured, outdated
from engine.reward.judging.report import REPORT_VERSION


@pytest.mark.parametrize(
    ("measure", "shown"),
    [
        ({"value": 0.743, "low": 0.68, "high": 0.8}, "0.743 (0.68 to 0.80)"),
        ({"value": 0.743, "low": None, "high": None}, "0.743 (no interval)"),
        ({"value": None, "low": None, "high": None}, "–"),
        ({"value": nan, "low": nan, "high": nan}, "–"),
    ],
)
def test_a_number_that_is_not_known_is_never_shown_as_nan(measure: dict[str, Any], shown: str) -> None:
    assert measured(measure) == shown


def judge(key: str, accuracy: float | None, **more: Any) -> dict[str, Any]:
    known = {"value": 0.5, "low": 0.4, "high": 0.6}
    return {"key": key, **dict.fromkeys(MEASURES, known), "accuracy": {**known, "value": accuracy}, **more}


def test_judges_without_an_accuracy_come_last_and_each_reason_is_said_once() -> None:
    unknown = {"value": None, "low": None, "high": None, "why": "no two clips can be compared"}
    judges = [judge("a", None), judge("b", 0.4, kendall=unknown), judge("c", 0.7, kendall=unknown)]
    assert [found["key"] for found in by_accuracy(judges)] == ["c", "b", "a"]
    assert empty_measures({"judges": judges}) == ["Kendall τ: not known everywhere, for no two clips can be compared."]


def test_a_report_with_numbers_of_an_older_version_says_why_to_train_again() -> None:
    judges = [judge("ensemble", 0.7)]
    assert "Kendall τ compared clips that no answers connect" in outdated({"judges": judges})
    assert "ranked equal gains wrongly" in outdated({"judges": judges, "robot": {"gains": 5}})
    assert outdated({"judges": judges, "report_version": REPORT_VERSION}) == ""
    assert outdated({"verdict": []}) == ""
