"""The rules of an audit: what each is called, how bad it is, what it means, what to do, and the function that checks.

Names are stable: builds depend on them. To add one: its function in the file of its family, and its entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.audit import duplicates, files, footage, preference, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.audit.facts import AuditFacts
    from engine.audit.outcome import Outcome
    from engine.audit.settings import AuditSettings

__all__ = ["FAMILIES", "RULES", "SEVERITIES", "Family", "Rule", "Severity", "Subject", "rule_named"]

Family = Literal["integrity", "times", "duplicates", "footage", "preference"]
FAMILIES: dict[Family, str] = {
    "integrity": "Integrity",
    "times": "Annotations",
    "duplicates": "Duplicates",
    "footage": "Footage",
    "preference": "Preference",
}
"""Family → its heading, in the order in which findings are shown."""

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""error: data is lost or wrong. warning: it may not be worth training on. note: good to know."""

Subject = Literal["clip", "video", "file", "row", "model", "all"]
"""What a rule is about, and what it counts; of a model and of all together there is one."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of an audit."""

    name: str
    family: Family
    severity: Severity
    subject: Subject
    title: str
    meaning: str
    """What a hit is, in one sentence."""
    remedy: str
    check: Callable[[AuditFacts, AuditSettings], Outcome]
    limit: Callable[[AuditSettings], str] = lambda _settings: ""
    """Where the line is drawn, in words; empty where there is no line to set."""


_COPY_AGAIN = "Copy or download it again from where it was recorded."

RULES: tuple[Rule, ...] = (
    Rule(
        name="no-video",
        family="integrity",
        severity="error",
        subject="all",
        title="No video",
        meaning="Nothing here is a video that opens.",
        remedy="Name the folder that holds the videos.",
        check=files.no_video,
    ),
    Rule(
        name="does-not-open",
        family="integrity",
        severity="error",
        subject="file",
        title="Does not open",
        meaning="The file can't be opened as a video, or no frame of it decodes.",
        remedy=_COPY_AGAIN,
        check=files.does_not_open,
    ),
    Rule(
        name="file-missing",
        family="integrity",
        severity="error",
        subject="video",
        title="File missing",
        meaning="The workspace knows the video, but its file is not where it was.",
        remedy="Connect its disk, or point the workspace to it: `handpicked videos relocate`.",
        check=files.file_missing,
    ),
    Rule(
        name="does-not-decode",
        family="integrity",
        severity="error",
        subject="clip",
        title="Does not decode",
        meaning="Nothing of the clip could be measured.",
        remedy="The reason stands beside each. " + _COPY_AGAIN,
        check=files.does_not_decode,
    ),
    Rule(
        name="damaged",
        family="integrity",
        severity="error",
        subject="video",
        title="Damaged",
        meaning="Part of the video could not be decoded as it was recorded.",
        remedy=_COPY_AGAIN + " Or leave its clips out.",
        check=files.damaged,
    ),
    Rule(
        name="stated-length",
        family="integrity",
        severity="error",
        subject="video",
        title="Shorter than its header states",
        meaning="The pictures end before the length that the file's header states: it was cut short, or the header is "
        "wrong.",
        remedy=_COPY_AGAIN,
        check=files.stated_length,
    ),
    Rule(
        name="listed-length",
        family="integrity",
        severity="error",
        subject="video",
        title="Not as long as its list states",
        meaning="The data set's own list of videos states another length: rows about the missing part point nowhere.",
        remedy="Check that this is the video that the list means, and that it is whole.",
        check=files.listed_length,
        limit=lambda settings: f"off by over {settings.times.listed_length_s:g} s",
    ),
    Rule(
        name="checksum",
        family="integrity",
        severity="error",
        subject="file",
        title="Wrong checksum",
        meaning="The file is missing from the bundle, or is not what its manifest says.",
        remedy="Ask for the bundle again.",
        check=files.checksum,
    ),
    Rule(
        name="bad-layout",
        family="integrity",
        severity="error",
        subject="file",
        title="Not as its format wants it",
        meaning="A file of the data set is not as its own format asks.",
        remedy="Export the data set again.",
        check=files.bad_layout,
    ),
    Rule(
        name="no-clips",
        family="integrity",
        severity="warning",
        subject="video",
        title="No clips",
        meaning="No clip is cut from the video: it is too short, or nothing is annotated in it.",
        remedy="Leave it out, or cut it another way: `handpicked videos cut`.",
        check=files.no_clips,
    ),
    Rule(
        name="changes-size",
        family="integrity",
        severity="warning",
        subject="video",
        title="Pictures change their size",
        meaning="The pictures of the video change their size. Here all are scaled to the first; others may fail.",
        remedy="Split it where the size changes, or write it anew at one size.",
        check=files.changes_size,
    ),
    Rule(
        name="variable-rate",
        family="integrity",
        severity="note",
        subject="video",
        title="Variable frame rate",
        meaning="Frames are not evenly spaced: who counts frames instead of reading their times is off.",
        remedy="Read times, not frame numbers; or write it anew at a constant rate.",
        check=files.variable_rate,
    ),
    Rule(
        name="unreadable-annotations",
        family="times",
        severity="error",
        subject="file",
        title="Annotation file can't be read",
        meaning="Nothing of the annotation file can be used.",
        remedy="The reason stands beside it.",
        check=rows.unreadable_annotations,
    ),
    Rule(
        name="unusable-row",
        family="times",
        severity="error",
        subject="row",
        title="Row can't be used",
        meaning="A row of an annotation file can't be understood, and is left out.",
        remedy="Correct the row.",
        check=rows.unusable_row,
    ),
    Rule(
        name="empty-window",
        family="times",
        severity="error",
        subject="row",
        title="Empty window",
        meaning="A row does not end after it starts.",
        remedy="Correct its times, or remove it.",
        check=rows.empty_window,
    ),
    Rule(
        name="beyond-the-end",
        family="times",
        severity="error",
        subject="row",
        title="Beyond the end of its video",
        meaning="A row starts or ends after its video does.",
        remedy="Check that the video is whole, and the one that is meant.",
        check=rows.beyond_the_end,
        limit=lambda settings: f"ends over {settings.times.beyond_end_s:g} s after its video",
    ),
    Rule(
        name="video-not-here",
        family="times",
        severity="warning",
        subject="video",
        title="Annotated video is not here",
        meaning="Rows speak of a video that was not found.",
        remedy="Add the video, or name its folder too.",
        check=rows.video_not_here,
    ),
    Rule(
        name="duplicate-window",
        family="times",
        severity="warning",
        subject="row",
        title="Same window twice",
        meaning="A row says of the same window what an earlier one says.",
        remedy="Remove one of them. Importing leaves it out.",
        check=rows.duplicate_window,
        limit=lambda settings: f"both times within {settings.times.same_window_s:g} s",
    ),
    Rule(
        name="overlapping-windows",
        family="times",
        severity="note",
        subject="row",
        title="Overlapping windows",
        meaning="A row shares most of its time with an earlier one that says something else.",
        remedy="Intended where two hands do two things; else shorten one.",
        check=rows.overlapping_windows,
        limit=lambda settings: f"over {settings.times.overlap_share:.0%} of the shorter one",
    ),
    Rule(
        name="same-content",
        family="duplicates",
        severity="warning",
        subject="file",
        title="Same content twice",
        meaning="A file holds the very bytes of another one.",
        remedy="Keep one: twice in the data is twice the weight, and on both sides of a split it flatters the test.",
        check=duplicates.same_content,
    ),
    Rule(
        name="near-duplicate",
        family="duplicates",
        severity="warning",
        subject="clip",
        title="Near-duplicate",
        meaning="The clip looks nearly like another one, which is kept. Still scenes are alike by themselves.",
        remedy="Keep the best of each group: Library › Near-duplicates, or `handpicked rank --diversity`.",
        check=duplicates.near_duplicate,
        limit=lambda settings: f"embeddings alike from {settings.duplicates.similarity:g}",
    ),
    Rule(
        name="overlapping-clips",
        family="duplicates",
        severity="note",
        subject="clip",
        title="Overlapping clips",
        meaning="The clip shares most of its time with another clip of its video.",
        remedy="Intended where annotations overlap; never let the two come on both sides of a split.",
        check=duplicates.overlapping_clips,
        limit=lambda settings: f"over {settings.times.overlap_share:.0%} of the shorter one",
    ),
    Rule(
        name="no-hands",
        family="footage",
        severity="warning",
        subject="clip",
        title="No hands",
        meaning="No hand is in view for nearly all of the clip, as far as the detector sees; gloves and blur hide "
        "hands from it.",
        remedy="Look at some; drop those in which nothing is handled.",
        check=footage.no_hands,
        limit=lambda settings: f"a hand in under {settings.footage.hands_share:.0%} of frames",
    ),
    Rule(
        name="too-dark",
        family="footage",
        severity="warning",
        subject="clip",
        title="Too dark",
        meaning="The picture is dark on the whole, or mostly black.",
        remedy="Drop it, or have the camera expose longer.",
        check=footage.too_dark,
        limit=lambda settings: (
            f"mean luma under {settings.footage.dark_luma:g} of 255, or over {settings.footage.clipped_share:.0%} black"
        ),
    ),
    Rule(
        name="too-bright",
        family="footage",
        severity="warning",
        subject="clip",
        title="Too bright",
        meaning="The picture is bright on the whole, or mostly blown out.",
        remedy="Drop it, or have the camera expose shorter.",
        check=footage.too_bright,
        limit=lambda settings: (
            f"mean luma over {settings.footage.bright_luma:g} of 255, or over "
            f"{settings.footage.clipped_share:.0%} white"
        ),
    ),
    Rule(
        name="blurred",
        family="footage",
        severity="warning",
        subject="clip",
        title="Blurred",
        meaning="Most of its frames hold little detail: out of focus, smeared, heavily compressed; or a plain scene.",
        remedy="Look at some: a plain table looks blurred too. Drop what is.",
        check=footage.blurred,
        limit=lambda settings: f"over {settings.footage.blurred_share:.0%} of frames",
    ),
    Rule(
        name="idle",
        family="footage",
        severity="warning",
        subject="clip",
        title="Idle",
        meaning="For most of the clip neither the camera nor a thing moves.",
        remedy="Drop it, or cut to activity: `handpicked videos cut --clips activity`.",
        check=footage.idle,
        limit=lambda settings: f"over {settings.footage.idle_share:.0%} of the time",
    ),
    Rule(
        name="frozen",
        family="footage",
        severity="warning",
        subject="clip",
        title="Picture hangs",
        meaning="For most of the clip the picture does not change at all, not even by noise: the recording hangs.",
        remedy="Check the recorder; drop it.",
        check=footage.frozen,
        limit=lambda settings: f"over {settings.footage.frozen_share:.0%} of the time",
    ),
    Rule(
        name="shaky",
        family="footage",
        severity="warning",
        subject="clip",
        title="Shaky",
        meaning="The camera swings or jerks so fast that pictures smear.",
        remedy="Drop it, or fasten the camera.",
        check=footage.shaky,
        limit=lambda settings: f"fastest twentieth over {settings.footage.shaky_speed:g} diagonals/s",
    ),
    Rule(
        name="motion-unclear",
        family="footage",
        severity="note",
        subject="clip",
        title="Camera motion unclear",
        meaning="The camera could not be followed for most of the clip: too fast, too dark, or too plain. What is said "
        "of idle time and shakiness is then less sure.",
        remedy="Nothing by itself: read the others with care.",
        check=footage.motion_unclear,
        limit=lambda settings: f"known for under {settings.footage.followed_share:.0%} of the time",
    ),
    Rule(
        name="reward-no-better-than-chance",
        family="preference",
        severity="warning",
        subject="model",
        title="Reward no better than a coin",
        meaning="On videos that it never saw, the reward does not tell the better of two clips with certainty.",
        remedy="Label more pairs, of more videos.",
        check=preference.reward_no_better_than_chance,
        limit=lambda _settings: "lower end of the 95 % interval at or under 50 % of pairs",
    ),
    Rule(
        name="reward-not-validated",
        family="preference",
        severity="warning",
        subject="model",
        title="Reward fails validation",
        meaning="Clips that the reward prefers were not found to teach a behaviour-cloning model more.",
        remedy="Label more pairs, or import more videos, and validate again.",
        check=preference.reward_not_validated,
    ),
    Rule(
        name="reward-simulated",
        family="preference",
        severity="note",
        subject="model",
        title="Reward of no person's labels",
        meaning="The reward learned from labels that no person gave: its scores are no person's preference.",
        remedy="Label pairs yourself before anything rests on it.",
        check=preference.reward_simulated,
    ),
    Rule(
        name="unscored",
        family="preference",
        severity="note",
        subject="clip",
        title="Not scored",
        meaning="The reward has no score of the clip.",
        remedy="Measure it and score again: `handpicked score`.",
        check=preference.unscored,
    ),
    Rule(
        name="reward-uncertain",
        family="preference",
        severity="note",
        subject="clip",
        title="Reward can't place it",
        meaning="The members of the reward's ensemble disagree about the clip more than clips differ.",
        remedy="Label pairs with these clips.",
        check=preference.reward_uncertain,
        limit=lambda settings: (
            f"disagreement over {settings.preference.uncertain:g} standard deviations of the rewards"
        ),
    ),
)
"""Every rule, by family and weight."""


def rule_named(name: str) -> Rule | None:
    """The rule called `name`."""
    return next((rule for rule in RULES if rule.name == name), None)
