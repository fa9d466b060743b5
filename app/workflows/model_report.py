"""The report of a model that was trained elsewhere: as much of it as the pages rely on is checked before it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import FormatError
from engine.files.read_json import explain, read_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WITHOUT", "checked_report", "read_report"]

LARGEST_REPORT_BYTES = 16_000_000
WITHOUT = "It came without a report: whose labels it learned from, and how good it is, are not known here."
ELSEWHERE = ("mistakes", "gain_sources")
"""What speaks of clips that may not be here."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class _Measure(_Lenient):
    value: float | None
    low: float | None
    high: float | None


class _Judge(_Lenient):
    key: str
    title: str
    kind: str
    accuracy: _Measure
    auc: _Measure
    log_loss: _Measure
    calibration_error: _Measure
    kendall: _Measure


class _Curve(_Lenient):
    epochs: list[int]
    train: list[float]
    held_out: list[float]


class _Report(_Lenient):
    """As much of a report as the pages rely on."""

    simulated: bool
    labels: int
    clips: int
    sources: int
    seconds: float
    epochs: int
    curve: _Curve
    judges: list[_Judge]


def checked_report(said: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`(metrics, reasons)`: a report without what speaks of clips elsewhere; empty, and why, where it does not fit."""
    try:
        if said == {}:
            return {}, ()
        if not isinstance(said, dict):
            return {}, ("it is none.",)
        _Report.model_validate(said)
    except ValidationError as error:
        return {}, (f"{explain(error)}.",)
    return {**{key: value for key, value in said.items() if key not in ELSEWHERE}, "imported": True}, ()


def read_report(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`(metrics, notes)` of a report's file, for a person: what is known of the model, and what is not."""
    if not path.is_file():
        return {}, (WITHOUT,)
    try:
        metrics, reasons = checked_report(read_json(path, max_bytes=LARGEST_REPORT_BYTES))
    except FormatError as error:
        metrics, reasons = {}, (f"{error}.",)
    if reasons:
        return {}, (f"Its report was left out: {reasons[0]}", WITHOUT)
    return metrics, ("Its report speaks of the clips and labels that it was trained on elsewhere.",)
