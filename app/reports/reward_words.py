"""What the numbers of a reward's report mean: the page and the command line say the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from engine.reward.judging.report import REPORT_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MEASURES", "by_accuracy", "empty_measures", "measured", "outdated"]

MEASURES = {
    "accuracy": ("Pair accuracy", "Share of decided held-out pairs whose chosen clip has the higher reward."),
    "auc": ("Pair AUC", "How well differences of reward tell left answers from right ones; 0.5 is a coin's."),
    "log_loss": ("Log loss", "How surprising the answers are, in nats; less is better, 0.693 is a coin's."),
    "calibration_error": (
        "Calibration error",
        "How far it is from being as often right as it is sure; less is better.",
    ),
    "kendall": (
        "Kendall τ",
        "How the ranking agrees with strengths from labels alone, over clips that answers connect; 1 is the same.",
    ),
}
"""Measure of a judge → title, meaning; in the order in which they are shown."""


def known(value: float | None) -> bool:
    """Whether a number could be computed; reports of older versions hold NaN where it could not."""
    return value is not None and math.isfinite(value)


def measured(measure: dict[str, Any]) -> str:
    """`0.743 (0.68 to 0.80)`, `0.743 (no interval)`, or `–` for what could not be computed."""
    value, low, high = (measure.get(key) for key in ("value", "low", "high"))
    if not known(value):
        return "–"
    return f"{value:.3f} ({low:.2f} to {high:.2f})" if known(low) and known(high) else f"{value:.3f} (no interval)"


def by_accuracy(judges: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Judges, the best first; those without an accuracy last."""
    return sorted(judges, key=lambda judge: -(judge["accuracy"]["value"] if known(judge["accuracy"]["value"]) else -1))


def empty_measures(metrics: dict[str, Any]) -> list[str]:
    """Why measures are empty, or without an interval: a sentence for each reason."""
    titles: dict[str, list[str]] = {}
    for name, (title, _) in MEASURES.items():
        for judge in metrics.get("judges", []):
            why = judge[name].get("why")
            if why and title not in titles.setdefault(why, []):
                titles[why].append(title)
    why = ((metrics.get("robot") or {}).get("spearman") or {}).get("why")
    if why:
        titles.setdefault(why, []).append("Spearman of the robot head")
    return [f"{', '.join(names)}: not known everywhere, for {why}." for why, names in titles.items()]


def outdated(metrics: dict[str, Any]) -> str:
    """Why a report of an older version should be made anew; empty where nothing in it would change."""
    if not metrics.get("judges") or metrics.get("report_version", 1) >= REPORT_VERSION:
        return ""
    robot = "Spearman of the robot head ranked equal gains wrongly, and " if metrics.get("robot") else ""
    return (
        f"This report was made by an older version: {robot}Kendall τ compared clips that no answers connect. "
        "Train again to have it right; the rewards themselves are not touched by that."
    )
