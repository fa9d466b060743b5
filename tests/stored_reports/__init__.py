"""Reports as version 0.1.0 stored them, of a small sample workspace with simulated labels; long lists are shortened.

Tests that need a report take one of these and change what they are about.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.reward.judging.training_report import TrainingReport
from engine.validation.ablation_report import AblationReport
from engine.validation.validation_report import ValidationReport

__all__ = ["ablation_report", "stored_json", "stored_text", "training_report", "validation_report"]


def stored_text(name: str) -> str:
    """The JSON text of `training`, `validation` or `ablation`."""
    return (Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8").strip()


def stored_json(name: str) -> dict[str, Any]:
    """The same as values."""
    found: dict[str, Any] = json.loads(stored_text(name))
    return found


def training_report(**changes: Any) -> TrainingReport:
    return replace(TrainingReport.from_json(stored_json("training")), **changes)


def validation_report(**changes: Any) -> ValidationReport:
    return replace(ValidationReport.from_json(stored_json("validation")), **changes)


def ablation_report(**changes: Any) -> AblationReport:
    return replace(AblationReport.from_json(stored_json("ablation")), **changes)
