"""Explains the numbers of a validation in a sentence each, for the page and the exported report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import FormatError
from engine.files.stored_json import read_values
from engine.preference.kinds import BY
from engine.statistics.interval import Estimate
from engine.validation.validation_report import LabelsBehind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.validation.validation_report import SubsetCheck, ValidationReport

__all__ = [
    "UNSUPPORTED",
    "WORDS",
    "NumberRow",
    "believed",
    "circularity",
    "labels_behind",
    "labels_of_run",
    "numbers",
    "partial_given",
    "subset_check_words",
]

SURE = ("Reliability of ΔM", "Skill of the robot model")
"""Numbers that stay valid where the data can't support the gains."""
UNSUPPORTED = "No ρ is reported: the robot model learned too little, so its gains mean nothing."

WORDS = {
    "scatter": (
        "Reward against gain",
        (
            "Each point is a clip: to the right people like it more, upwards a robot model learns more from it. "
            "Choose a point to watch the clip."
        ),
    ),
    "controls": (
        "Does something simpler explain it?",
        (
            "The same correlation for clip length, hands in view, every single feature, the composite score and "
            "chance: whatever reaches the coloured band does as well as the reward."
        ),
    ),
    "keep": (
        "What if only the best clips were kept?",
        (
            "The loss of the robot model when it learns from the best share of clips by each score. “ΔM itself” is the "
            "limit: it was chosen on this very loss."
        ),
    ),
    "groups": (
        "Gain of whole groups",
        "Clips sorted by reward into groups of equal size: bars should grow to the right.",
    ),
    "bases": (
        "Other base sizes",
        (
            "How much a clip helps depends on how much data there is already. The size of the base was fixed in "
            "advance; this shows what the others would have said."
        ),
    ),
    "lds": (
        "Against training from scratch",
        (
            "Whole networks were trained on random subsets. If the points fall to the right, the gains predict what "
            "real training does."
        ),
    ),
}


@dataclass(frozen=True)
class NumberRow:
    """One number of a validation as text, with what it means."""

    number: str
    value: str
    interval: str
    meaning: str


def labels_behind(labels: LabelsBehind) -> str:
    """Whose labels trained the reward."""
    kind = labels.kind or "people"
    return f"learned from {labels.of(kind):,} labels by {BY[kind]}{'' if kind == 'people' else ', not by people'}"


def labels_of_run(settings: Mapping[str, object]) -> str:
    """A sentence on whose labels trained the rewards of a stored run; empty where the run does not say."""
    try:
        found = read_values(LabelsBehind, settings.get("labels"))
    except FormatError:
        return ""
    return f"The reward {labels_behind(found)}."


def circularity(own_gains: dict[str, int] | None) -> str:
    """A warning where the model was trained on the measured gains that it is now compared with; else empty."""
    count = sum((own_gains or {}).values())
    if not count:
        return ""
    return (
        f"The robot head of this model learned from {count:,} gains that validations measured here. Comparing its own "
        "scores with such gains is circular: ρ of the model's own scores proves nothing. The ρ of the "
        "verdict remains valid: it is of rewards that were trained anew, from labels alone."
    )


def subset_check_words(found: SubsetCheck | None) -> str:
    """What training networks from scratch shows: how well gains predict it, and how far repeated runs agree."""
    if found is None or found.share is None:
        return ""
    if not found.learned:
        return (
            f"Their loss is {found.share:.1%} under that of doing nothing: they learned too little, from too few "
            "clips or in too few steps, to tell anything. The thorough setting trains them longer."
        )
    said = f"Their loss is {found.share:.1%} under that of doing nothing."
    if found.ceiling is None:
        return said
    return (
        f"{said} {found.twice} of them were trained twice, and as far as the two agree no prediction could come "
        f"above a ρ of {found.ceiling:.2f}."
    )


def numbers(report: ValidationReport) -> list[NumberRow]:
    """All numbers that are known, the verdict's first."""
    rows = [
        _row("ρ", report.rho, "1: clips that people prefer are those that help; 0: no relation."),
        _row(
            "ρ of the model's own scores",
            report.rho_stored,
            "The same for the scores in the workspace, which may have seen labels of these very clips.",
        ),
        _given(report),
        _row("Ceiling", report.ceiling, "The highest ρ that two measures as noisy as these could show."),
        _row("Reliability of ΔM", report.reliability_gain, "How well repeating the measurement would agree: 1 is all."),
        _row("Reliability of the reward", report.reliability_reward, "The same for training the reward again."),
        _row("ρ of groups", report.groups.bins_rho, "ρ between a group's reward and the gain of adding it whole."),
        _row("ρ of source videos", report.groups.sources_rho, "The same with each source video as a group."),
        _row(
            "LDS",
            report.lds.trusted_rho if report.lds is not None else None,
            "Agreement of summed gains with training whole networks from scratch on random subsets.",
        ),
        _row("p across sources", report.p_across, "How often shuffled rewards would correlate as much: small is sure."),
        _row("p within sources", report.p_within, "The same when clips are shuffled only within their own video."),
        _row(
            "Skill of the robot model",
            report.skill.share,
            "Share by which its loss is under standing still and constant velocity, the better of them.",
        ),
    ]
    return [row for row in rows if row.value != "–"]


def partial_given(report: ValidationReport) -> str:
    """What the partial correlation holds fixed; older reports name nothing and mean both."""
    return " and ".join(("clip length", "hands in view") if report.partial_given is None else report.partial_given)


def _given(report: ValidationReport) -> NumberRow:
    """The partial correlation, under the names of what it holds fixed."""
    named = partial_given(report)
    return _row(f"ρ given {named}", report.partial, f"What remains once {named} is accounted for.")


def believed(report: ValidationReport) -> list[NumberRow]:
    """The rows to show: all, or, where the data can't support a ΔM, those that explain why."""
    return [row for row in numbers(report) if report.supported or row.number in SURE]


def _row(number: str, found: Estimate | float | None, meaning: str) -> NumberRow:
    interval = ""
    if isinstance(found, Estimate):
        interval = "" if found.low is None or found.high is None else f"{found.low:.2f} to {found.high:.2f}"
        found = found.value
    value = "–" if found is None else f"{found:.3f}" if number.startswith("p ") else f"{found:.2f}"
    return NumberRow(number, value, interval, meaning)
