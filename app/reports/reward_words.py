"""Titles and explanations of the numbers in a reward's report, shared by the page and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.reward.judging.training_report import Judge, TrainingReport
    from engine.statistics.interval import Estimate

__all__ = ["MEASURES", "by_accuracy", "empty_measures", "measured", "outdated", "ranking_words"]

MEASURES = {
    "accuracy": ("Pair accuracy", "Share of decided held-out pairs whose chosen clip has the higher reward."),
    "auc": ("Pair AUC", "How well differences of reward tell left answers from right ones; 0.5 is a coin's."),
    "log_loss": ("Log loss", "How surprising the answers are, in nats; less is better, 0.693 is a coin's."),
    "calibration_error": (
        "Calibration error",
        "Mean distance between its stated probability and how often it is right; less is better.",
    ),
    "kendall": (
        "Kendall τ",
        "How the ranking agrees with strengths from labels alone, over clips that answers connect; 1 is the same.",
    ),
}
"""Measure of a judge → (title, explanation), in display order."""


def measured(measure: Estimate) -> str:
    """`0.743 (0.68 to 0.80)`, `0.743 (no interval)`, or `–` for what could not be computed."""
    if measure.value is None:
        return "–"
    if measure.low is None or measure.high is None:
        return f"{measure.value:.3f} (no interval)"
    return f"{measure.value:.3f} ({measure.low:.2f} to {measure.high:.2f})"


def by_accuracy(judges: Sequence[Judge]) -> list[Judge]:
    """Judges, the best first; those without an accuracy last."""
    return sorted(judges, key=lambda judge: -(-1.0 if judge.accuracy.value is None else judge.accuracy.value))


def empty_measures(report: TrainingReport) -> list[str]:
    """Why measures or their intervals are missing: a sentence for each reason."""
    titles: dict[str, list[str]] = {}
    for name, (title, _) in MEASURES.items():
        for judge in report.judges:
            why = judge.measure(name).why
            if why and title not in titles.setdefault(why, []):
                titles[why].append(title)
    robot = report.judged.robot if report.judged is not None else None
    if robot is not None and robot.spearman.why:
        titles.setdefault(robot.spearman.why, []).append("Spearman of the robot head")
    return [f"{', '.join(names)}: not known everywhere, for {why}." for why, names in titles.items()]


def ranking_words(report: TrainingReport) -> str:
    """How well the reward ranks videos and clips within a video; empty in a report that does not say."""
    ranking = report.judged.ranking if report.judged is not None else None
    if ranking is None:
        return ""
    parts = [("between videos", ranking.between), ("within a video", ranking.within)]
    shown = [f"{measured(tau)} {where}" + (f", for {tau.why}" if tau.why else "") for where, tau in parts]
    return f"Kendall τ of the ensemble taken apart: {'; '.join(shown)}."


RANKS_RIGHT_SINCE = 2
"""The version of reports whose measures of rank are right (`REPORT_VERSION`)."""


def outdated(report: TrainingReport) -> str:
    """Why a report of an older version should be recomputed; empty where nothing in it would change."""
    if report.judged is None or not report.judges or report.report_version >= RANKS_RIGHT_SINCE:
        return ""
    robot = "Spearman of the robot head ranked equal gains wrongly, and " if report.judged.robot else ""
    return (
        f"This report was made by an older version: {robot}Kendall τ compared clips that no answers connect. "
        "Train again to have it right; the rewards themselves are not touched by that."
    )
