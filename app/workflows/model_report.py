"""The report of a model that was trained elsewhere: all of it is checked before it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import FormatError
from engine.files.read_json import read_json
from engine.reward.judging.training_report import TrainingReport
from engine.statistics.finite import without_nan

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WITHOUT", "checked_report", "read_report"]

LARGEST_REPORT_BYTES = 16_000_000
WITHOUT = "It came without a report: whose labels it learned from, and how good it is, are not known here."
REQUIRED = ("labels", "clips", "sources", "seconds", "epochs", "curve", "judges")
"""What a report of another workspace has to say, whatever the version that wrote it."""


def checked_report(values: object) -> tuple[TrainingReport | None, tuple[str, ...]]:
    """`(report, reasons)`: a report without what speaks of clips elsewhere; None, and why, where it does not fit."""
    if values == {}:
        return None, ()
    if not isinstance(values, dict):
        return None, ("it is none.",)
    if without_nan(values) != values:
        return None, ("it holds a number that is not finite.",)
    lacking = [name for name in REQUIRED if name not in values]
    if values.get("kind") is None and values.get("simulated") is None:  # what earlier versions state
        lacking.insert(0, "kind")
    if lacking:
        return None, (f"{lacking[0]}: Field required.",)
    try:
        report = TrainingReport.from_json(values)
    except FormatError as error:
        return None, (f"{error}.",)
    judged = None if report.judged is None else replace(report.judged, mistakes=None)
    return replace(report, judged=judged, gain_sources=None, imported=True), ()


def read_report(path: Path) -> tuple[TrainingReport | None, tuple[str, ...]]:
    """`(report, notes)` of a report's file, for a person: what is known of the model, and what is not."""
    if not path.is_file():
        return None, (WITHOUT,)
    try:
        report, reasons = checked_report(read_json(path, max_bytes=LARGEST_REPORT_BYTES))
    except FormatError as error:
        report, reasons = None, (f"{error}.",)
    if reasons:
        return None, (f"Its report was left out: {reasons[0]}", WITHOUT)
    return report, ("Its report speaks of the clips and labels that it was trained on elsewhere.",)
