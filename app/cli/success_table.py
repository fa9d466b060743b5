"""Prints a count of success: its sentence, its table, and whether reward and loss predict it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.output import print_table, say
from app.reports.success_words import (
    SUCCESS_TITLE,
    correlation_lines,
    success_about,
    success_conditions,
    success_lines,
    success_sentence,
)

if TYPE_CHECKING:
    from engine.validation.success_report import SuccessReport

__all__ = ["tell_success"]


def tell_success(report: SuccessReport) -> None:
    """Print a count of success."""
    say(success_sentence(report), "bold")
    say(success_about(report))
    heads = ("trained on", "clips", "policies", "grasp", "placed", "approach", "placed, minus random")
    rows = [
        (line.trained_on, line.clips, line.policies, line.grasp, line.placed, line.approach, line.lead)
        for line in success_lines(report)
    ]
    print_table(heads, rows, title=SUCCESS_TITLE)
    lines = correlation_lines(report)
    if lines:
        print_table(("ρ of", "with grasp", "with placed", "with approach"), lines)
    say(success_conditions(report))
