"""What a validation's numbers are said to mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.reports.validation_words import numbers, partial_given, subset_check_words
from engine.statistics.interval import Estimate
from tests.stored_reports import validation_report

if TYPE_CHECKING:
    from engine.validation.validation_report import SubsetCheck


def found(**values: Any) -> SubsetCheck:
    stored = validation_report().lds
    assert stored is not None
    return replace(stored, **{"share": 0.05, "learned": True, "twice": 0, "ceiling": None, **values})


def test_networks_that_learned_too_little_are_told_apart() -> None:
    assert "learned too little" in subset_check_words(found(share=0.004, learned=False))
    assert subset_check_words(found()) == "Their loss is 5.0% under that of doing nothing."
    assert "above a ρ of 0.57" in subset_check_words(found(twice=40, ceiling=0.5712))


def test_a_run_of_before_that_was_told_says_nothing_about_it() -> None:
    assert subset_check_words(None) == ""
    assert subset_check_words(found(share=None)) == ""


def test_numbers_that_are_not_known_or_not_to_be_trusted_are_left_out() -> None:
    known = {row.number for row in numbers(validation_report(lds=found()))}
    assert "LDS" in known
    assert "Reliability of the reward" not in known, "it could not be computed"
    assert "LDS" not in {row.number for row in numbers(validation_report(lds=found(learned=False)))}
    (row,) = (row for row in numbers(validation_report(rho=Estimate(0.5, None, None))) if row.number == "ρ")
    assert (row.value, row.interval) == ("0.50", "")


def test_an_older_report_means_both_controls() -> None:
    assert partial_given(validation_report(partial_given=None)) == "clip length and hands in view"
    assert partial_given(validation_report(partial_given=("clip length",))) == "clip length"
