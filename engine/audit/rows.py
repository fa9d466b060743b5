"""Family `times`: annotation rows that lie outside of their video, are empty, are there twice, or overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.audit.outcome import NOT_ABOUT_THIS, Hit, Outcome
from engine.audit.rule import Rule
from engine.audit.windows import overlaps, repeats
from engine.sources.times import NOT_AFTER_START
from engine.video.windows import LATEST_END_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.audit.facts import AnnotationFacts, AuditFacts
    from engine.audit.settings import AuditSettings
    from engine.sources.types import Segment

__all__ = ["RULES"]


def unreadable_annotations(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Annotation files of which nothing can be used."""
    wrong = [file for file in facts.annotations if file.unreadable]
    hits = tuple(Hit(file.path, file.path, file.unreadable) for file in wrong)
    return Outcome(hits=hits, checked=len(facts.annotations), applies=bool(facts.annotations))


def empty_window(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Rows that do not end after they start."""
    return _of_problems(facts, empty=True)


def unusable_row(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Rows that can't be understood."""
    return _of_problems(facts, empty=False)


def beyond_the_end(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Rows that start or end after their video does."""
    lengths = {video.video_id: video.duration_s for video in facts.videos}
    slack_s = settings.times.beyond_end_s
    hits, checked, unknown = [], 0, 0
    for file, row in _rows(facts):
        duration_s = lengths.get(file.keys.get(row.video_name, ""))
        if duration_s is None:
            unknown += 1
            continue
        checked += 1
        if row.start_s >= duration_s:
            words = f"it starts at {row.start_s:,.2f} s, {row.video_name} ends at {duration_s:,.2f} s"
        elif duration_s + slack_s < row.end_s < math.inf:  # a window without an end is its whole video
            words = f"it ends at {row.end_s:,.2f} s, {row.video_name} at {duration_s:,.2f} s"
        else:
            continue
        hits.append(_hit(file, row, words))
    why = "their videos are not here" if unknown else ""
    return Outcome(hits=tuple(hits), checked=checked, unknown=unknown, why=why, applies=checked + unknown > 0)


def video_not_here(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Videos that annotation rows speak of, and that were not found."""
    found: dict[tuple[str, str], int] = {}
    names: set[tuple[str, str]] = set()
    for file, row in _rows(facts):
        names.add((file.path, row.video_name))
        if row.video_name not in file.keys:
            found[file.path, row.video_name] = found.get((file.path, row.video_name), 0) + 1
    hits = tuple(
        Hit(name, path, f"{count:,} {'row speaks' if count == 1 else 'rows speak'} of it")
        for (path, name), count in found.items()
    )
    return Outcome(hits=hits, checked=len(names), applies=bool(names))


def duplicate_window(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Rows that say of the same window what an earlier one says."""
    hits: list[Hit] = []
    for file in facts.annotations:
        rows = file.rows
        again = _repeats(rows, settings)
        hits += [_hit(file, rows[place], f"the same as row {rows[first].row}") for place, first in again.items()]
    return _of_rows(facts, hits)


def overlapping_windows(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Rows that share most of their time with an earlier one, without being the same."""
    hits: list[Hit] = []
    for file in facts.annotations:
        again = _repeats(file.rows, settings)
        rows = [row for place, row in enumerate(file.rows) if place not in again]
        keys = np.unique(np.array([row.video_name for row in rows], object), return_inverse=True)[1]
        starts_s, ends_s = np.array([row.start_s for row in rows], float), np.array(_ends(rows), float)
        found = overlaps(keys, starts_s, ends_s, settings.times.overlap_share)
        for place, other, share in zip(found.place, found.other, found.share, strict=True):
            hits.append(_hit(file, rows[place], f"shares {share:.0%} of its time with row {rows[other].row}"))
    return _of_rows(facts, hits)


def _repeats(rows: tuple[Segment, ...], settings: AuditSettings) -> dict[int, int]:
    keys = [(row.video_name, row.narration.strip().casefold(), row.verb, row.noun) for row in rows]
    return repeats(keys, [row.start_s for row in rows], _ends(rows), settings.times.same_window_s)


def _ends(rows: Sequence[Segment]) -> list[float]:
    """Where rows end; a window without an end is as long as any can be."""
    return [min(row.end_s, LATEST_END_S) for row in rows]


def _rows(facts: AuditFacts) -> Iterator[tuple[AnnotationFacts, Segment]]:
    for file in facts.annotations:
        for row in file.rows:
            yield file, row


def _hit(file: AnnotationFacts, row: Segment, words: str) -> Hit:
    return Hit(f"{file.path}:{row.row or 0}", file.path, words)


def _of_rows(facts: AuditFacts, hits: list[Hit]) -> Outcome:
    rows = sum(len(file.rows) for file in facts.annotations)
    return Outcome(hits=tuple(hits), checked=rows, applies=rows > 0)


def _of_problems(facts: AuditFacts, *, empty: bool) -> Outcome:
    """Rows that their reader left out. It names the first of them and counts the rest, which are `unusable_row`'s."""
    if not facts.annotations:
        return NOT_ABOUT_THIS
    hits, count, left_out = [], 0, 0
    for file in facts.annotations:
        for problem in file.problems:
            left_out += problem.count
            if (NOT_AFTER_START in problem.reason) == empty:
                count += problem.count
                place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
                hits.append(Hit(place, problem.path, problem.reason))
    rows = sum(len(file.rows) for file in facts.annotations) + left_out
    return Outcome(hits=tuple(hits), checked=rows, count=count, applies=rows > 0)


RULES: tuple[Rule, ...] = (
    Rule(
        name="unreadable-annotations",
        family="times",
        severity="error",
        subject="file",
        title="Annotation file can't be read",
        meaning="Nothing of the annotation file can be used.",
        remedy="The reason stands beside it.",
        check=unreadable_annotations,
    ),
    Rule(
        name="unusable-row",
        family="times",
        severity="error",
        subject="row",
        title="Row can't be used",
        meaning="A row of an annotation file can't be understood, and is left out.",
        remedy="Correct the row.",
        check=unusable_row,
    ),
    Rule(
        name="empty-window",
        family="times",
        severity="error",
        subject="row",
        title="Empty window",
        meaning="A row does not end after it starts.",
        remedy="Correct its times, or remove it.",
        check=empty_window,
    ),
    Rule(
        name="beyond-the-end",
        family="times",
        severity="error",
        subject="row",
        title="Beyond the end of its video",
        meaning="A row starts or ends after its video does.",
        remedy="Check that the video is whole, and the one that is meant.",
        check=beyond_the_end,
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
        check=video_not_here,
    ),
    Rule(
        name="duplicate-window",
        family="times",
        severity="warning",
        subject="row",
        title="Same window twice",
        meaning="A row says of the same window what an earlier one says.",
        remedy="Remove one of them. Importing leaves it out.",
        check=duplicate_window,
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
        check=overlapping_windows,
        limit=lambda settings: f"over {settings.times.overlap_share:.0%} of the shorter one",
    ),
)
