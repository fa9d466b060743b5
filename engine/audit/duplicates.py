"""Family `duplicates`: files of the same content, clips that look alike, clips that share most of their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.audit.facts import groups_of
from engine.audit.outcome import Hit, Outcome, clip_outcome
from engine.audit.rule import Rule
from engine.audit.windows import overlaps

if TYPE_CHECKING:
    from engine.audit.facts import AuditFacts
    from engine.audit.settings import AuditSettings

__all__ = ["RULES"]


def same_content(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Files with the very bytes of another one."""
    hits = tuple(Hit(same.path, same.path, same.reason) for same in facts.same)
    return Outcome(hits=hits, checked=max(facts.files, len(hits)), applies=facts.files > 0 or bool(hits))


def near_duplicate(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Clips that look like a better one of their group."""
    twins = facts.clips.column("near_duplicate_of")
    found = np.asarray(twins.is_valid(), bool)
    spread = np.isfinite(facts.numbers("embedding_spread"))
    known = found | (spread if not facts.likeness else np.zeros(len(spread), bool))
    why = facts.likeness or facts.why_missing("embedding")
    return clip_outcome(facts, found, known, why, lambda row: f"nearly the same as {twins[row].as_py()}")


def overlapping_clips(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Clips that share most of their time with another one of their video."""
    ids = facts.clips.column("clip_id")
    again = overlaps(
        groups_of(facts.clips.column("video_id")).member,
        facts.numbers("start_s"),
        facts.numbers("end_s"),
        settings.times.overlap_share,
    )
    other = np.full(len(ids), -1)
    share = np.zeros(len(ids))
    other[again.place], share[again.place] = again.other, again.share

    def detail(row: int) -> str:
        return f"shares {share[row]:.0%} of its time with {ids[int(other[row])].as_py()}"

    return clip_outcome(facts, other >= 0, np.ones(len(ids), bool), "", detail)


RULES: tuple[Rule, ...] = (
    Rule(
        name="same-content",
        family="duplicates",
        severity="warning",
        subject="file",
        title="Same content twice",
        meaning="A file holds the very bytes of another one.",
        remedy="Keep one: twice in the data is twice the weight, and on both sides of a split it flatters the test.",
        check=same_content,
    ),
    Rule(
        name="near-duplicate",
        family="duplicates",
        severity="warning",
        subject="clip",
        title="Near-duplicate",
        meaning="The clip looks nearly like another one, which is kept. Still scenes are alike by themselves.",
        remedy="Keep the best of each group: Library › Near-duplicates, or `handpicked rank --diversity`.",
        check=near_duplicate,
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
        check=overlapping_clips,
        limit=lambda settings: f"over {settings.times.overlap_share:.0%} of the shorter one",
    ),
)
