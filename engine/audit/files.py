"""Family `integrity`: files that do not open or decode, lengths that disagree, damage, checksums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.audit.outcome import NOT_ABOUT_THIS, Hit, Outcome, clip_outcome, video_outcome
from engine.audit.rule import Rule
from engine.video.types import HEADER_DISAGREES

if TYPE_CHECKING:
    from engine.audit.facts import AuditFacts, FileFault
    from engine.audit.settings import AuditSettings

__all__ = ["RULES"]

_NOT_READ = "none of its clips was measured, so that it was not decoded"


def no_video(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """There is nothing to look at."""
    hits = () if facts.videos else (Hit("", "", "no file here is a video that opens"),)
    return Outcome(hits=hits, checked=1)


def does_not_open(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Files that are no video, or one that can't be opened."""
    return _of_files(facts.faults, facts.files)


def file_missing(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Videos whose file is gone."""
    return video_outcome(facts.videos, ("" if video.is_there else "there is no such file" for video in facts.videos))


def does_not_decode(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Clips of which nothing could be measured."""
    failures = facts.clips.column("failure")
    measured = np.zeros(facts.clips.num_rows, bool)
    for column in ("sharpness_laplacian_median", "exposure_luma_mean", "motion_known_share", "hands_any_share"):
        measured |= np.isfinite(facts.numbers(column))
    failed = np.asarray(failures.is_valid(), bool) & ~measured
    why = next(iter(facts.missing.values()), "not every clip was measured")
    return clip_outcome(facts, failed, failed | measured, why, lambda row: failures[row].as_py() or "")


def damaged(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Videos of which a part could not be decoded as it was recorded."""
    words = [
        "; ".join(filter(None, [_but_length(video.header_damage), video.read_damage.removeprefix("damaged: ")]))
        for video in facts.videos
    ]
    known = [bool(text) or video.read > 0 for text, video in zip(words, facts.videos, strict=True)]
    return video_outcome(facts.videos, words, known, _NOT_READ)


def stated_length(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Videos that are shorter than their header states."""
    return video_outcome(
        facts.videos,
        ("; ".join(part for part in _parts(video.header_damage) if HEADER_DISAGREES in part) for video in facts.videos),
    )


def listed_length(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Videos whose length is not what the data set's own list states."""
    listed = [video for video in facts.videos if video.listed_s is not None]
    limit = settings.times.listed_length_s
    words = [
        f"its list states {video.listed_s:,.2f} s, it is {video.duration_s:,.2f} s long"
        if abs((video.listed_s or 0) - video.duration_s) > limit
        else ""
        for video in listed
    ]
    return video_outcome(listed, words)


def variable_rate(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Videos whose frames are not evenly spaced."""
    words = "its frames are not evenly spaced in time"
    return video_outcome(facts.videos, (words if video.variable_rate else "" for video in facts.videos))


def changes_size(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Videos whose pictures change their size."""
    words = [video.size_change for video in facts.videos]
    known = [bool(video.size_change) or video.read > 0 for video in facts.videos]
    return video_outcome(facts.videos, words, known, _NOT_READ)


def no_clips(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Videos that give no clip."""
    return video_outcome(facts.videos, ("" if video.clips else "no clip is cut from it" for video in facts.videos))


def checksum(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Files of a bundle that are missing, or not what its manifest says."""
    return NOT_ABOUT_THIS if facts.sums is None else _of_files(facts.sums, facts.summed)


def bad_layout(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """What a data set's own layout asks for and does not find."""
    return NOT_ABOUT_THIS if facts.layout is None else _of_files(facts.layout, max(1, len(facts.layout)))


def _of_files(faults: tuple[FileFault, ...], checked: int) -> Outcome:
    hits = tuple(Hit(fault.path, fault.path, fault.reason) for fault in faults)
    return Outcome(hits=hits, checked=max(checked, len(hits)), applies=checked > 0 or bool(hits))


def _parts(damage: str) -> list[str]:
    return [part for part in damage.split("; ") if part]


def _but_length(damage: str) -> str:
    """Damage of a header without what `stated_length` reports."""
    return "; ".join(part for part in _parts(damage) if HEADER_DISAGREES not in part)


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
        check=no_video,
    ),
    Rule(
        name="does-not-open",
        family="integrity",
        severity="error",
        subject="file",
        title="Does not open",
        meaning="The file can't be opened as a video, or no frame of it decodes.",
        remedy=_COPY_AGAIN,
        check=does_not_open,
    ),
    Rule(
        name="file-missing",
        family="integrity",
        severity="error",
        subject="video",
        title="File missing",
        meaning="The workspace knows the video, but its file is not where it was.",
        remedy="Connect its disk, or point the workspace to it: `handpicked videos relocate`.",
        check=file_missing,
    ),
    Rule(
        name="does-not-decode",
        family="integrity",
        severity="error",
        subject="clip",
        title="Does not decode",
        meaning="Nothing of the clip could be measured.",
        remedy="The reason stands beside each. " + _COPY_AGAIN,
        check=does_not_decode,
    ),
    Rule(
        name="damaged",
        family="integrity",
        severity="error",
        subject="video",
        title="Damaged",
        meaning="Part of the video could not be decoded as it was recorded.",
        remedy=_COPY_AGAIN + " Or leave its clips out.",
        check=damaged,
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
        check=stated_length,
    ),
    Rule(
        name="listed-length",
        family="integrity",
        severity="error",
        subject="video",
        title="Not as long as its list states",
        meaning="The data set's own list of videos states another length: rows about the missing part point nowhere.",
        remedy="Check that this is the video that the list means, and that it is whole.",
        check=listed_length,
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
        check=checksum,
    ),
    Rule(
        name="bad-layout",
        family="integrity",
        severity="error",
        subject="file",
        title="Not as its format wants it",
        meaning="A file of the data set is not as its own format asks.",
        remedy="Export the data set again.",
        check=bad_layout,
    ),
    Rule(
        name="no-clips",
        family="integrity",
        severity="warning",
        subject="video",
        title="No clips",
        meaning="No clip is cut from the video: it is too short, or nothing is annotated in it.",
        remedy="Leave it out, or cut it another way: `handpicked videos cut`.",
        check=no_clips,
    ),
    Rule(
        name="changes-size",
        family="integrity",
        severity="warning",
        subject="video",
        title="Pictures change their size",
        meaning="The pictures of the video change their size. Here all are scaled to the first; others may fail.",
        remedy="Split it where the size changes, or write it anew at one size.",
        check=changes_size,
    ),
    Rule(
        name="variable-rate",
        family="integrity",
        severity="note",
        subject="video",
        title="Variable frame rate",
        meaning="Frames are not evenly spaced: who counts frames instead of reading their times is off.",
        remedy="Read times, not frame numbers; or write it anew at a constant rate.",
        check=variable_rate,
    ),
)
