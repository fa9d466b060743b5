"""The three reports as JSON: what was stored before reads and writes the same, and what does not fit is named."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import FormatError
from engine.reward.judging.training_report import TrainingReport
from engine.validation.ablation_report import AblationReport
from engine.validation.validation_report import ValidationReport
from tests.stored_reports import stored_json, stored_text, training_report

if TYPE_CHECKING:
    from engine.files.stored_json import StoredJson

KINDS: dict[str, type[StoredJson]] = {
    "training": TrainingReport,
    "validation": ValidationReport,
    "ablation": AblationReport,
}
LATER: dict[str, tuple[str, ...]] = {
    "training": (
        "report_version",
        "pieces",
        "feature_versions",
        "learning_curve",
        "gain_sources",
        "fingerprint",
        "kind",
    ),
    "validation": ("partial_given", "reused", "left_out", "own_gains"),
    "ablation": ("own_gains",),
}
"""What the first version of each report did not hold yet."""


@pytest.mark.parametrize("name", KINDS)
def test_what_was_stored_before_is_written_again_to_the_letter(name: str) -> None:
    assert json.dumps(KINDS[name].from_json(stored_json(name)).to_json()) == stored_text(name)


@pytest.mark.parametrize("name", KINDS)
def test_reports_of_the_first_version_can_be_read(name: str) -> None:
    first = {key: value for key, value in stored_json(name).items() if key not in LATER[name]}
    again = KINDS[name].from_json(first).to_json()
    assert {key: again[key] for key in first} == first


def test_a_training_without_a_second_video_has_no_judges_in_its_json() -> None:
    whole = stored_json("training")
    judged = ("held_out_labels", "judges", "ceiling", "mistakes", "curve", "robot", "learning_curve")
    alone = {key: value for key, value in whole.items() if key not in judged}
    report = TrainingReport.from_json(alone)
    assert report.judged is None
    assert report.judges == ()
    assert report.to_json() == alone


def test_an_older_check_against_full_training_is_trusted_as_it_was() -> None:
    values = stored_json("validation")
    values["lds"] = {key: values["lds"][key] for key in ("rho", "foretold", "loss", "subsets")}
    found = ValidationReport.from_json(values).lds
    assert found is not None
    assert found.trusted_rho == found.rho
    assert (found.share, found.ceiling, found.twice) == (None, None, 0)


def test_numbers_that_old_versions_wrote_as_nan_are_read_as_not_known() -> None:
    values = stored_json("training")
    values["judges"][0]["accuracy"] = dict.fromkeys(("value", "low", "high"), float("nan"))
    accuracy = TrainingReport.from_json(values).judges[0].accuracy
    assert (accuracy.value, accuracy.low, accuracy.high) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"judges": "many"}, "judged.judges"),
        ({"labels": "many"}, "labels"),
        ({"verdict": [{"tone": "shrill", "text": ""}]}, "verdict.0.tone"),
        ({"importance": [1]}, "importance.0"),
        ({"ceiling": {"kind": "sky", "accuracy": {}}}, "judged.ceiling"),
        ({"curve": None}, "judged.curve"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(FormatError, match=f"^{named}"):
        TrainingReport.from_json({**stored_json("training"), **change})


def test_a_report_can_not_be_changed_in_passing() -> None:
    with pytest.raises(FrozenInstanceError):
        training_report().labels = 3  # type: ignore[misc]
