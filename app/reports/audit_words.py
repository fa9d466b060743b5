"""An audit in words: its one sentence, and how rates, limits and what is unknown are said; the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.text import duration, plural
from engine.audit.facts import GROUPINGS
from engine.audit.rule import SEVERITIES

if TYPE_CHECKING:
    from engine.audit.facts import Grouping
    from engine.audit.fail_on import Judgement
    from engine.audit.numbers import FootageNumber
    from engine.audit.report import AuditAbout, AuditReport, Finding
    from engine.audit.rule import Severity

__all__ = [
    "GROUPING_TITLES",
    "SEVERITY_WORDS",
    "WHOLE",
    "about_lines",
    "answer_words",
    "by_weight",
    "count_words",
    "headline",
    "number_value",
    "percent",
    "unknown_reasons",
    "unknown_words",
]

SEVERITY_WORDS: dict[Severity, tuple[str, str]] = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "note": ("note", "notes"),
}
GROUPING_TITLES: dict[Grouping, str] = {"source": "Source", "folder": "Folder", "participant": "Participant"}
SUBJECTS = {
    "clip": ("clip", "clips"),
    "video": ("video", "videos"),
    "file": ("file", "files"),
    "row": ("row", "rows"),
}
WHOLE = ("model", "all")
"""Subjects of which there is one: nothing to count."""
LABELS_BY = {
    "people": "people's labels",
    "simulated": "simulated labels: they say nothing of what people prefer",
    "model": "a model's judgements: they say nothing of what people prefer",
}
_SHARE_COLUMNS = ("hands_any_share", "motion_idle_share")


def headline(report: AuditReport) -> str:
    """What the audit comes to, in one sentence."""
    counts = report.counts()
    unknown = sum(finding.standing == "unknown" for finding in report.findings)
    parts = [plural(counts[severity], *SEVERITY_WORDS[severity]) for severity in SEVERITIES if counts[severity]]
    said = _listed(parts) if parts else "Nothing found"
    return f"{said}; {plural(unknown, 'rule')} could not be checked." if unknown else f"{said}."


def about_lines(about: AuditAbout) -> list[str]:
    """What was audited, how much of it, and what a reader must know."""
    videos = f"{plural(about.videos, 'video')}, {duration(about.footage_s)} of footage"
    lines = [f"{videos}; {plural(about.clips, 'clip')}, {duration(about.clip_s)}."]
    if about.sample is not None:
        sample = about.sample
        lines.append(
            f"Measured on a sample of {sample.clips:,} of {sample.of:,} clips (seed {sample.seed}): what is said of "
            "clips is of these. Files and annotations were all looked at."
        )
    if about.synthetic_clips:
        lines.append(f"{plural(about.synthetic_clips, 'clip')} of rendered sample videos: synthetic.")
    if about.model:
        lines.append(f"Reward “{about.model}”, of {LABELS_BY.get(about.labels_by, 'labels of unknown origin')}.")
    return [*lines, *about.notes]


def by_weight(report: AuditReport) -> list[Finding]:
    """The findings with something found: errors first, and the highest rate first."""
    found = [finding for finding in report.findings if finding.standing == "found"]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), -(one.rate or 0.0)))


def count_words(finding: Finding) -> str:
    """`12 of 68 clips (18%)`."""
    if finding.subject in WHOLE:
        return finding.hits[0].detail if finding.hits else ""
    subject = SUBJECTS[finding.subject]
    if not finding.checked:
        return plural(finding.count, *subject)
    return f"{finding.count:,} of {plural(finding.checked, *subject)} ({percent(finding.rate)})"


def unknown_words(finding: Finding) -> str:
    """How many could not be checked, and why; empty where all could."""
    if not finding.unknown:
        return ""
    if finding.subject in WHOLE:
        return f"Unknown: {finding.why_unknown}."
    return f"Unknown for {plural(finding.unknown, *SUBJECTS[finding.subject])}: {finding.why_unknown}."


def unknown_reasons(report: AuditReport) -> list[tuple[str, str]]:
    """What could not be checked and why: rules of one reason together, with how many of what each lacks."""
    titles: dict[str, list[str]] = {}
    for finding in report.findings:
        if finding.standing == "unknown":
            missing = "" if finding.subject in WHOLE else f" ({plural(finding.unknown, *SUBJECTS[finding.subject])})"
            titles.setdefault(finding.why_unknown, []).append(f"{finding.title}{missing}")
    return [(", ".join(names), f"{why[:1].upper()}{why[1:]}".rstrip(".") + ".") for why, names in titles.items()]


def answer_words(answers: tuple[Judgement, ...]) -> list[str]:
    """One sentence for each condition of a build that did not pass."""
    words = {"failed": "Failed", "open": "Open"}
    return [f"{words[one.answer]} by --fail-on {one.condition}: {one.why}" for one in answers if one.answer != "passed"]


def percent(rate: float | None) -> str:
    """A rate as people read it: `<1%` where something is, however little."""
    if rate is None:
        return "–"
    if 0 < rate < 0.005:
        return "<1%"
    if 0.995 <= rate < 1:
        return ">99%"
    return f"{rate:.0%}"


def number_value(number: FootageNumber, value: float) -> str:
    """A value of a number, without its unit, which stands with the number's title (`axis_title`)."""
    return percent(value) if number.column in _SHARE_COLUMNS else f"{value:.3g}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


assert tuple(GROUPING_TITLES) == GROUPINGS  # noqa: S101 - each grouping has its title
