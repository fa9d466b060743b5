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

    from engine.validation.validation_report import CloningSkill, SubsetCheck, ValidationReport

__all__ = [
    "FIRST_EDITION",
    "SKILL",
    "UNSUPPORTED",
    "WORDS",
    "NumberRow",
    "behind_words",
    "believed",
    "circularity",
    "labels_behind",
    "labels_of_run",
    "numbers",
    "partial_given",
    "subset_check_words",
]

SKILL = "Skill of the robot model"
SURE = (
    "Reliability of ΔM",
    SKILL,
    "Skill after all clips",
    "Skill from pixels alone",
    "Skill from the hands' state alone",
    "Damped velocity against standing still",
)
"""Numbers that stay valid where the data can't support the gains."""
UNSUPPORTED = "No ρ is reported: the robot model learned too little, so its gains mean nothing."
FIRST_EDITION = (
    "This run measured ΔM as version 0.1 defined it: from pixels alone, on rows at rest too, and on few of the videos. "
    "Its numbers can't be compared with newer ones. Validate again to measure it anew."
)

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
            "The same correlation for clip length, hands in view, rows in motion, every single feature, the composite "
            "score and chance: whatever reaches the coloured band does as well as the reward."
        ),
    ),
    "keep": (
        "What if only the best clips were kept?",
        (
            "The loss of the robot model when it learns from the best share of clips by each score, on videos that it "
            "did not learn from. “ΔM itself” was measured on these losses, which flatters it."
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
        _row(
            "ρ between source videos",
            report.rho_between,
            "Of the videos' mean reward and mean gain: does the reward know the better videos?",
        ),
        _row(
            "ρ within source videos",
            report.rho_within,
            "Of what sets a clip apart from its video's mean: does it know the better clips of one video?",
        ),
        *_judge(report),
        _row(
            "ρ of a robot head",
            report.rho_robot,
            "A reward that learned from measured gains of other videos, not from preferences: it shows how much of the "
            "gain the features know.",
        ),
        _given(report),
        _row(
            "Ceiling",
            report.ceiling,
            "√ of both reliabilities: what the measurement errors that these account for would leave of a perfect ρ.",
        ),
        _row(
            "Reliability of ΔM",
            report.reliability_gain,
            "How well a repetition with other videos to measure on, other trunks and other bases would agree: 1 is all."
            if not report.first_edition
            else "How well repeating the measurement on the same videos would agree: 1 is all.",
        ),
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
        *_skill(report.skill),
        *(
            _row(f"ρ at ridge {point.ridge:g}", point.rho, "The same with heads held back less or more.")
            for point in report.ridges or ()
            if not point.chosen
        ),
    ]
    return [row for row in rows if row.value != "–"]


def behind_words(report: ValidationReport) -> str:
    """How much footage the measurement had; empty for older reports."""
    behind = report.behind
    if behind is None:
        return ""
    said = (
        f"Hands can be followed in {behind.rows_with_action:,} of {behind.rows:,} tenths of a second, and move in "
        f"{behind.rows_in_motion:,} of these, "
        f"{behind.clips_in_motion:,} of {behind.clips:,} clips, and {behind.videos_in_motion:,} of {behind.videos:,} "
        f"videos; {behind.videos_measuring:,} videos measure the loss."
    )
    if report.target is not None:
        said += f" The loss was measured on the {report.target.clips:,} clips of “{report.target.name}” alone."
    return f"{said} {computed_words(report)}".rstrip()


def computed_words(report: ValidationReport) -> str:
    """What computed it; empty for older reports."""
    found = report.computed_on or {}
    devices = list(dict.fromkeys(found.values()))
    if len(devices) < 2:
        return f"Computed on {devices[0]}." if devices else ""
    return f"Computed on {'; '.join(f'{device} ({what})' for what, device in found.items())}."


def _judge(report: ValidationReport) -> list[NumberRow]:
    """What knowing the hidden truth of sample clips would reach."""
    if report.judge is None:
        return []
    return [
        _row(
            "ρ of the hidden quality",
            report.judge.quality,
            "Of a judge who knew by what simulated annotators answer, with the same gains.",
        ),
        _row(
            "ρ of the hidden usefulness",
            report.judge.useful,
            "Of the generator's own measure of what a robot could learn from a clip.",
        ),
        _row("Share of that judge's ρ", report.judge.reached, "ρ of the reward over ρ of the hidden quality."),
    ]


def _skill(skill: CloningSkill) -> list[NumberRow]:
    """By how much the robot model beats doing nothing clever; older reports have one number."""
    base: Estimate | float | None = skill.share if skill.base is None else skill.base
    return [
        _row(
            SKILL,
            base,
            "Share by which its loss is under standing still and damped velocity, the better of them, trained on as "
            "little as ΔM adds clips to. Its interval must be above 0.",
        ),
        _row("Skill after all clips", skill.whole, "The same after training on all candidates."),
        _row("Skill from pixels alone", skill.pixels, "After all candidates, where it sees no state of the hands."),
        _row(
            "Skill from the hands' state alone",
            skill.state,
            "After all candidates, where it sees no pixels: place, size, speed and grip of the hands.",
        ),
        _row(
            "Damped velocity against standing still",
            skill.velocity,
            "What going on as in the last 0.2 s, slowing down, gains without any learning.",
        ),
        _row(
            "Skill at rest",
            skill.at_rest,
            "Against standing still, on rows at rest, which no gain counts: heads are made for motion.",
        ),
    ]


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
