"""A report's one sentence, its step, and its evidence in order of weight."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.reports.verdicts import ablation_verdict, more_labels, reward_verdict, validation_verdict
from engine.reward.judging.training_report import Judge, TrainingReport, VerdictNote
from engine.statistics.interval import Estimate
from tests.stored_reports import ablation_report, training_report, validation_report


def with_accuracy(value: float | None, low: float | None) -> TrainingReport:
    """The same with another accuracy of the ensemble."""
    report = training_report()
    assert report.judged is not None
    judges = tuple(
        replace(judge, accuracy=Estimate(value, low, None if low is None else 0.99))
        if judge.kind == "ensemble"
        else judge
        for judge in report.judged.judges
    )
    return replace(report, judged=replace(report.judged, judges=judges))


def ensemble(report: TrainingReport) -> Judge:
    """Its ensemble."""
    return next(judge for judge in report.judges if judge.kind == "ensemble")


def test_a_reward_no_better_than_a_coin_asks_for_labels_and_is_nowhere_called_good() -> None:
    found = reward_verdict(with_accuracy(0.6, 0.45))
    assert (found.standing, found.badge) == ("bad", "no better than a coin")
    assert found.step is not None
    assert found.step.file == "label.py"
    assert "more labels" in found.sentence


def test_how_many_labels_more_follows_from_how_far_the_interval_must_shrink() -> None:
    """Half as wide takes four times the labels: from 0.6 − 0.2 to 0.6 − 0.1."""
    report = with_accuracy(0.6, 0.4)
    assert more_labels(ensemble(report), 100) == 300
    assert more_labels(ensemble(with_accuracy(0.48, 0.3)), 100) == 0
    assert more_labels(ensemble(with_accuracy(0.7, 0.6)), 100) == 0


def test_a_reward_that_tells_better_clips_is_sent_to_its_validation() -> None:
    found = reward_verdict(with_accuracy(0.8, 0.7))
    assert (found.standing, found.badge) == ("good", "right in 80% of pairs")
    assert found.step is not None
    assert found.step.file == "validate.py"


@pytest.mark.parametrize("report", [None, with_accuracy(0.8, None)])
def test_what_nobody_knows_stays_open(report: TrainingReport | None) -> None:
    assert reward_verdict(report).standing == "open"


def test_what_speaks_against_comes_first_and_columns_have_their_titles() -> None:
    notes = (
        VerdictNote(tone="good", text="fine"),
        VerdictNote(tone="bad", text="One feature alone, hands_speed_mean, does as well."),
    )
    found = reward_verdict(replace(training_report(), verdict=notes)).evidence
    assert [note.tone for note in found] == ["bad", "good"]
    assert found[0].text == "One feature alone, “Hand speed”, does as well."


def test_a_validation_says_its_own_sentence_and_what_to_do() -> None:
    report = validation_report()
    for standing, file in (
        ("met", "export_sync.py"),
        ("not met", "label.py"),
        ("undecided", "import_videos.py"),
        ("unsupported", "import_videos.py"),
    ):
        found = validation_verdict(replace(report, verdict=replace(report.verdict, standing=standing)))  # type: ignore[arg-type]
        assert found.step is not None
        assert found.step.file == file
        assert found.sentence


def test_an_ablation_has_one_verdict_also_where_the_gains_mean_nothing() -> None:
    rows = ablation_report().rows
    assert ablation_verdict(rows, supported=True).sentence.startswith("Undecided")
    found = ablation_verdict(rows, supported=False)
    assert "Undecided" not in found.sentence
    assert found.standing == "open"
    assert found.step is not None
